"""The filters of the desk as SQL: fixed pieces, every value a parameter."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from spplus_contracts.vocabulary import Channel, Sentiment
from spplus_feedback.standing import Status

_PIECES: Final = {
    "due_from": ("coalesce(requests.due_at, 'infinity'::timestamptz) >= {}", "timestamptz"),
    "due_before": ("coalesce(requests.due_at, 'infinity'::timestamptz) < {}", "timestamptz"),
    "sentiment": ("requests.sentiment = {}", "text"),
    "channel": ("requests.channels @> ARRAY[{}]", "text"),
    "submitted_from": ("requests.submitted_at >= {}", "timestamptz"),
    "submitted_before": ("requests.submitted_at < {}", "timestamptz"),
}
_OF_WHAT_IS_COUNTED: Final = {"due_from", "due_before"}
_NOT_HELD: Final = """requests.feedback_id NOT IN (
    SELECT feedback_id FROM feedbacks WHERE held_at IS NOT NULL AND withdrawn_at IS NULL
)"""
_MATCHING: Final = """matching AS MATERIALIZED (
    SELECT feedback_id FROM feedbacks
    WHERE desk_words(moderation, title, story, suggestion, public_title, public_story, public_suggestion)
    @@ websearch_to_tsquery('pg_catalog.french', desk_folded({}))
),"""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which requests; what is None lets all through."""

    status: Status = Status.WAITING
    due_from: datetime | None = None
    """Due at this instant or later."""
    due_before: datetime | None = None
    """Due before this instant."""
    sentiment: Sentiment | None = None
    channel: Channel | None = None
    submitted_from: datetime | None = None
    submitted_before: datetime | None = None
    words: str | None = None
    """All of these words of a search engine's syntax; quotes and a minus sign are understood."""


def expecting(status: Status) -> str:
    """Requests of a status whose authors expect an answer; written out, so that partial indexes are used."""
    return f"requests.answer_expected AND requests.status = '{status.value}'"


class Conditions:
    """Filters as a condition on `requests`, a table of matching words to stand before it, and the values of both."""

    def __init__(self, filters: Filters, *, only_stories: bool = False) -> None:
        """`only_stories` leaves out what a count is about: the status and the deadline."""
        self.values: list[Any] = []
        pieces = [_NOT_HELD] if only_stories else [expecting(filters.status), _NOT_HELD]
        for field in fields(filters):
            given = getattr(filters, field.name)
            if given is None or field.name not in _PIECES or (only_stories and field.name in _OF_WHAT_IS_COUNTED):
                continue
            piece, kind = _PIECES[field.name]
            pieces.append(piece.format(self.value(given, kind)))
        self.matching = ""
        if filters.words:
            self.matching = _MATCHING.format(self.value(filters.words, "text"))
            pieces.append("requests.feedback_id IN (SELECT feedback_id FROM matching)")
        self.conditions = " AND ".join(pieces)

    def value(self, value: object, kind: str) -> str:
        """The name of a parameter that holds this value."""
        self.values.append(value)
        return f"${len(self.values)}::{kind}"
