"""Places in a text, and the text as the public reads it.

The invariant of this module: what the public reads is the original in which some places are masked. Nothing here, and
nothing elsewhere, makes public words in another way, so no moderator can put words into a citizen's mouth.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from spplus_feedback.stories import Texts


class Kind(StrEnum):
    """What a place probably says; closed, so that kinds can be counted."""

    EMAIL = "email"
    PHONE = "phone"
    NIR = "nir"
    IBAN = "iban"
    CARD = "card"
    PLATE = "plate"
    ADDRESS = "address"
    NAME = "name"
    FILE_NUMBER = "file_number"
    IP = "ip"
    URL = "url"
    BIRTH_DATE = "birth_date"
    OTHER = "other"
    """Chosen by a moderator."""


class Field(StrEnum):
    """The texts of a story."""

    TITLE = "title"
    STORY = "story"
    SUGGESTION = "suggestion"


MASKS: Final = {
    Kind.EMAIL: "[adresse électronique masquée]",
    Kind.PHONE: "[numéro de téléphone masqué]",
    Kind.NIR: "[numéro de sécurité sociale masqué]",
    Kind.IBAN: "[numéro de compte masqué]",
    Kind.CARD: "[numéro de carte masqué]",
    Kind.PLATE: "[immatriculation masquée]",
    Kind.ADDRESS: "[adresse masquée]",
    Kind.NAME: "[nom masqué]",
    Kind.FILE_NUMBER: "[numéro de dossier masqué]",
    Kind.IP: "[adresse IP masquée]",
    Kind.URL: "[lien masqué]",
    Kind.BIRTH_DATE: "[date de naissance masquée]",
    Kind.OTHER: "[donnée personnelle masquée]",
}
"""What stands in the place of what is masked."""


class BadSpan(ValueError):  # noqa: N818 - a refusal, told to whoever asked
    """A place that the text does not have."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in one text: code points, from `start` up to but not including `end`."""

    start: int
    end: int
    kind: Kind


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in one of the texts of a story."""

    field: Field
    start: int
    end: int
    kind: Kind

    @property
    def span(self) -> Span:
        """The place within its text."""
        return Span(self.start, self.end, self.kind)


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same places in order and without overlap: those that overlap become one, of the kind of the longest."""
    kept: list[Span] = []
    widest = 0
    for span in sorted(spans):
        if kept and span.start < kept[-1].end:
            before = kept.pop()
            kind = span.kind if span.end - span.start > widest else before.kind
            kept.append(Span(before.start, max(before.end, span.end), kind))
        else:
            widest = 0
            kept.append(span)
        widest = max(widest, span.end - span.start)
    return tuple(kept)


def masked(text: str, spans: Iterable[Span]) -> str:
    """The text with these places masked; every other character stays as it is. Raises `BadSpan`."""
    return "".join(piece if span is None else MASKS[span.kind] for piece, span in pieces(text, spans))


def pieces(text: str, spans: Iterable[Span]) -> list[tuple[str, Span | None]]:
    """The text cut at these places: each piece with its place, or with None between places. Raises `BadSpan`."""
    cut: list[tuple[str, Span | None]] = []
    done = 0
    for span in joined(spans):
        if not 0 <= span.start < span.end <= len(text):
            raise BadSpan(f"no characters {span.start} to {span.end} in {len(text)}")
        if done < span.start:
            cut.append((text[done : span.start], None))
        cut.append((text[span.start : span.end], span))
        done = span.end
    if done < len(text):
        cut.append((text[done:], None))
    return cut


def text_of(texts: Texts, field: Field) -> str:
    """One text of a story; empty where it has none."""
    found: str | None = getattr(texts, field.value)
    return found or ""


def spans_in(places: Iterable[Place], field: Field) -> list[Span]:
    """The places in one text."""
    return [place.span for place in places if place.field is field]


def checked(texts: Texts, places: Iterable[Place]) -> tuple[Place, ...]:
    """The same places, joined and in order. Raises `BadSpan` where a text does not have one."""
    places = tuple(places)
    kept: list[Place] = []
    for field in Field:
        spans = joined(spans_in(places, field))
        pieces(text_of(texts, field), spans)
        kept += [Place(field, span.start, span.end, span.kind) for span in spans]
    return tuple(kept)


def public(texts: Texts, places: Sequence[Place]) -> Texts:
    """A story's words as the public reads them. Raises `BadSpan`."""
    words = {field: masked(text_of(texts, field), spans_in(places, field)) or None for field in Field}
    return Texts(title=words[Field.TITLE], story=words[Field.STORY], suggestion=words[Field.SUGGESTION])
