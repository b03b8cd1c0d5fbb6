"""A story as a moderator sees it: words with what was found and what is masked, what is left to decide, sentences."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from spplus_feedback.moderation.flattening import flattened
from spplus_feedback.moderation.spans import Field, Kind, Place, Span, joined, pieces, spans_in, text_of
from spplus_feedback.stories import Texts

_SENTENCE: Final = re.compile(r"(?:[^.!?\n]|[.!?](?=[^\s.!?])){1,400}[.!?]{0,8}")
_MOST_FOUND: Final = 200
"""Occurrences of one passage that are masked at once."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text: plain, found and not masked, or masked."""

    text: str
    kind: Kind | None = None
    masked: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A place with its words, to be masked or shown again."""

    place: Place
    words: str

    @property
    def order(self) -> str:
        """The place as a form sends it."""
        return f"{self.place.field.value} {self.place.start} {self.place.end} {self.place.kind.value}"


def unmasked(found: Iterable[Place], masks: Sequence[Place]) -> tuple[Place, ...]:
    """What of the places found no mask covers."""
    left: list[Place] = []
    for place in found:
        at = place.start
        for mask in joined(spans_in(masks, place.field)):
            if mask.end <= at or mask.start >= place.end:
                continue
            left += [Place(place.field, at, mask.start, place.kind)] if at < mask.start else []
            at = max(at, mask.end)
        left += [Place(place.field, at, place.end, place.kind)] if at < place.end else []
    return tuple(left)


def shown(texts: Texts, field: Field, masks: Sequence[Place], found: Iterable[Place]) -> list[Piece]:
    """One text, cut into its parts."""
    hidden = {(span.start, span.end) for span in spans_in(masks, field)}
    left = [place for place in unmasked(found, masks) if _says_something(texts, place)]
    cut = pieces(text_of(texts, field), [*spans_in(masks, field), *spans_in(left, field)])
    return [
        Piece(text) if span is None else Piece(text, span.kind, masked=(span.start, span.end) in hidden)
        for text, span in cut
    ]


def listed(texts: Texts, places: Iterable[Place]) -> list[Listed]:
    """Places with their words, without those that are only punctuation."""
    return [
        Listed(place, text_of(texts, place.field)[place.start : place.end])
        for place in places
        if _says_something(texts, place)
    ]


def occurrences(texts: Texts, passage: str, kind: Kind) -> tuple[Place, ...]:
    """Everywhere that a passage stands, whatever its accents and the width of its spaces."""
    words = flattened(passage).text.split()
    if not words:
        return ()
    wanted = re.compile(r"\s{1,20}".join(re.escape(word) for word in words))
    places: list[Place] = []
    for field in Field:
        flat = flattened(text_of(texts, field))
        places += [Place(field, *flat.place(*match.span()), kind) for match in wanted.finditer(flat.text)]
    return tuple(places[:_MOST_FOUND])


def sentences(texts: Texts, field: Field) -> list[Listed]:
    """The sentences of a text, to be ticked."""
    text = text_of(texts, field)
    places = []
    for match in _SENTENCE.finditer(text):
        start = match.start() + len(match.group()) - len(match.group().lstrip())
        end = match.end() - (len(match.group()) - len(match.group().rstrip()))
        if start < end:
            places.append(Place(field, start, end, Kind.OTHER))
    return listed(texts, places)


def read_place(order: str) -> Place:
    """A place as a form sent it. Raises `ValueError`."""
    field, start, end, kind = order.split(" ")
    return Place(Field(field), int(start), int(end), Kind(kind))


def without(masks: Sequence[Place], shown_again: Place) -> tuple[Place, ...]:
    """Masks without what is shown again."""
    gone = Span(shown_again.start, shown_again.end, shown_again.kind)
    return tuple(mask for mask in masks if mask.field is not shown_again.field or mask.span != gone)


def _says_something(texts: Texts, place: Place) -> bool:
    return any(character.isalnum() for character in text_of(texts, place.field)[place.start : place.end])
