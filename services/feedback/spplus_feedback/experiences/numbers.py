"""The numbers of moderation: what came in, what was published, what was refused and why.

They exist so that moderation cannot quietly improve the figures: each story that came with words is counted once, by
what is decided about it now, in the month it was told.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

NO_SENTIMENT: Final = "none"
SENTIMENTS: Final = ("positive", "neutral", "negative", NO_SENTIMENT)


class Fate(StrEnum):
    """What is decided about a story with words."""

    PUBLISHED = "published"
    PUBLISHED_ELSEWHERE = "published_elsewhere"
    """Its words were public before it came here."""
    PENDING = "pending"
    HELD = "held"
    """Kept back as a probable abuse until a moderator looks at it; it counts in no figure yet."""
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    """Taken back by its author."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Stories of one month, fate, feeling and reason."""

    month: str
    """``YYYY-MM`` in Europe/Paris."""
    fate: Fate
    sentiment: str
    reason: str | None
    count: int


@dataclass(slots=True)
class Tally:
    """Counts of a stretch of time."""

    fates: Counter[Fate] = field(default_factory=Counter)
    rejected_by_sentiment: Counter[str] = field(default_factory=Counter)
    rejected_by_reason: Counter[str] = field(default_factory=Counter)
    submitted_by_sentiment: Counter[str] = field(default_factory=Counter)

    @property
    def submitted(self) -> int:
        """Every story with words, whatever became of it."""
        return self.fates.total()

    def add(self, counted: Counted) -> None:
        """Count some stories."""
        self.fates[counted.fate] += counted.count
        self.submitted_by_sentiment[counted.sentiment] += counted.count
        if counted.fate is Fate.REJECTED:
            self.rejected_by_sentiment[counted.sentiment] += counted.count
            self.rejected_by_reason[counted.reason or "other"] += counted.count


@dataclass(slots=True)
class Numbers:
    """All of it, and by month, the latest first."""

    total: Tally = field(default_factory=Tally)
    months: dict[str, Tally] = field(default_factory=dict)


def numbers_of(counted: Iterable[Counted]) -> Numbers:
    """Sum up."""
    numbers = Numbers()
    for one in sorted(counted, key=lambda row: row.month, reverse=True):
        numbers.total.add(one)
        numbers.months.setdefault(one.month, Tally()).add(one)
    return numbers
