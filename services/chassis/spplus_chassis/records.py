"""What the bus delivers: records in batches, of which some may be refused."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class Record(NamedTuple):
    """One record, untouched."""

    topic: str
    """Topic's name in the registry, without the platform's prefix."""
    partition: int
    offset: int
    timestamp: datetime
    """The broker's time of append, UTC."""
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that goes to the dead letters, and why."""

    record: Record
    reason: str
    """Closed code, also a label of a metric."""
    detail: str
    """For people: names of fields and rules, never a value of the record."""


class Refused(Exception):  # noqa: N818 - a decision about a record, not an error of ours
    """This record cannot be taken."""

    def __init__(self, reason: str, detail: str, errors: tuple[tuple[str, str], ...] = ()) -> None:
        """`errors` are the fields at fault, each with what is wrong with it."""
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.errors = errors


Place = tuple[str, int]
"""Topic's name in the registry, and partition."""


class Stretch(NamedTuple):
    """The part of a batch that comes from one partition."""

    first: int
    """Offset of its first record."""
    next: int
    """The offset after its last."""
    size: int
    """Records."""


@dataclass(slots=True)
class Batch:
    """Records that are applied in one transaction."""

    records: Sequence[Record]
    refusals: list[Refusal] = field(default_factory=list)
    _stretches: dict[Place, Stretch] | None = None

    def refuse(self, record: Record, reason: str, detail: str) -> None:
        """Send one record to the dead letters; its neighbours go on."""
        self.refusals.append(Refusal(record, reason, detail))

    def again(self) -> "Batch":
        """The same records with the refusals so far: what an attempt adds to them is its own."""
        return Batch(self.records, list(self.refusals), self._stretches)

    @property
    def stretches(self) -> dict[Place, Stretch]:
        """What comes from which partition; worked out in one pass over the records."""
        if self._stretches is None:
            self._stretches = _stretches_of(self.records)
        return self._stretches

    @property
    def nexts(self) -> dict[Place, int]:
        """The offset after the last record of each partition."""
        return {place: stretch.next for place, stretch in self.stretches.items()}

    @property
    def counts(self) -> dict[str, int]:
        """Records by topic."""
        counts: dict[str, int] = {}
        for (topic, _), stretch in self.stretches.items():
            counts[topic] = counts.get(topic, 0) + stretch.size
        return counts


def _stretches_of(records: Sequence[Record]) -> dict[Place, Stretch]:
    """Records of one partition follow each other, so a run of them is summed up at once."""
    found: dict[Place, Stretch] = {}
    start = 0
    for end, record in enumerate(records, 1):
        after = records[end] if end < len(records) else None
        if after is not None and after[1] == record[1] and after[0] == record[0]:
            continue
        first = records[start]
        offsets = [each[2] for each in records[start:end]]
        lowest, following = min(offsets), max(offsets) + 1
        known = found.get(first[:2], Stretch(lowest, following, 0))
        found[first[:2]] = Stretch(min(known.first, lowest), max(known.next, following), known.size + len(offsets))
        start = end
    return found
