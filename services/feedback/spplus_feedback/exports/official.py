"""One experience in the official columns. What came in by them goes out by them, with what became of it since."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from spplus_feedback.deadlines import paris_day
from spplus_feedback.official_columns import (
    ANSWERED,
    CHANNEL_LABELS,
    COLUMNS,
    COUNTRY,
    DIMENSIONS,
    FEELING,
    FEELING_LABELS,
    ID,
    PUBLISHED,
    STATE,
    STORY,
    TITLE,
    WRITTEN,
)

BYTE_ORDER_MARK: Final = "\ufeff"
_DONE: Final = "Traitée"
_OPEN: Final = "A traiter"
_REPLIED: Final = "Répondu"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class ExportedRequest:
    """What was told to one structure, and what it answered."""

    position: int
    """Number of its columns."""
    typology: str | None
    name: str
    channels: tuple[str, ...]
    answered_at: datetime | None
    """First answer; of an imported story, the first one since."""
    answer: str | None


@dataclass(frozen=True, slots=True)
class ExportedStory:
    """A story as it leaves."""

    id: str
    """The official id of what was imported, else the public one."""
    written_at: datetime
    published_at: datetime | None
    title: str | None
    story: str | None
    sentiment: str | None
    dimensions: Mapping[str, str]
    country: str | None
    answer_expected: bool
    requests: tuple[ExportedRequest, ...]
    imported: Mapping[str, str] | None
    """The cells that came in, without title and description; None where it was told here."""


def row_of(story: ExportedStory) -> dict[str, str]:
    """The cells by column, without those that are empty."""
    said = _told_here(story) if story.imported is None else dict(story.imported)
    said |= {ID: story.id, TITLE: story.title or "", STORY: story.story or ""}
    said |= _answered(story, said)
    return {column: text for column, text in said.items() if text}


def head() -> str:
    """The first line, with the byte order mark that spreadsheets expect."""
    return BYTE_ORDER_MARK + _line(COLUMNS)


def line(row: Mapping[str, str], *, raw: bool) -> str:
    """One row. Unless `raw`, a cell that a spreadsheet would run as a formula is made text by an apostrophe."""
    texts = (row.get(column, "") for column in COLUMNS)
    return _line(texts if raw else map(harmless, texts))


def harmless(cell: str) -> str:
    """The cell as text, whatever it begins with."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _told_here(story: ExportedStory) -> dict[str, str]:
    said = {
        STATE: _OPEN if story.answer_expected else "",
        WRITTEN: paris_day(story.written_at).isoformat(),
        PUBLISHED: paris_day(story.published_at).isoformat() if story.published_at else "",
        FEELING: FEELING_LABELS.get(story.sentiment or "", ""),
        COUNTRY: "France" if story.country == "FR" else "",
    }
    said |= {DIMENSIONS[name]: FEELING_LABELS.get(feeling, "") for name, feeling in story.dimensions.items()}
    for request in story.requests:
        said |= {
            f"Intitulé Typologie {request.position}": request.typology or "",
            f"Intitulé structure {request.position}": request.name,
            f"Canaux Typologie {request.position}": "".join(f"{CHANNEL_LABELS[one]}," for one in request.channels),
        }
    return said


def _answered(story: ExportedStory, said: Mapping[str, str]) -> dict[str, str]:
    """The columns that answers change; the date is the first one's, since the file has one for all."""
    answers = {request.position: request for request in story.requests if request.answered_at is not None}
    if not answers:
        return {}
    first = min(request.answered_at for request in answers.values() if request.answered_at is not None)
    changed = {STATE: _DONE, ANSWERED: said.get(ANSWERED) or paris_day(first).isoformat()}
    for position, request in answers.items():
        reply, status = f"Réponse structure {position}", f"Statut réponse structure {position}"
        changed |= {reply: request.answer or said.get(reply, ""), status: said.get(status) or _REPLIED}
    return changed


def _line(texts: Iterable[str]) -> str:
    written = io.StringIO()
    csv.writer(written, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(texts)
    return written.getvalue()
