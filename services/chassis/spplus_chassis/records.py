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

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(slots=True)
class Batch:
    """Records that are applied in one transaction."""

    records: Sequence[Record]
    refusals: list[Refusal] = field(default_factory=list)

    def refuse(self, record: Record, reason: str, detail: str) -> None:
        """Send one record to the dead letters; its neighbours go on."""
        self.refusals.append(Refusal(record, reason, detail))
