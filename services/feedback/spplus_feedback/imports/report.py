"""What an import has to tell: counts by reason, and each row in doubt in a CSV file. No text of a citizen."""

import csv
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, Protocol

from spplus_feedback.imports.table import Unreadable

_COLUMNS: Final = ("line", "row", "position", "named", "reason", "attached_to", "detail")


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about one row that a person should look at."""

    line: int
    """Line of the file that the row begins on."""
    row: str
    """Official id of the experience or code of the structure; empty where it could not be read."""
    reason: str
    """Closed code."""
    position: int | None = None
    """Which of the structures named."""
    named: str = ""
    """What the file calls the structure."""
    attached_to: str = ""
    """Code of the structure that the row counts under instead; empty where it was not imported."""
    detail: str = ""
    """For people."""


class Remarks(Protocol):
    """Where remarks go."""

    def add(self, remark: Remark) -> None:
        """Keep one."""


@dataclass(slots=True)
class Report:
    """Counts of one run, and the writer of its remarks."""

    remarks: Remarks
    counts: Counter[str] = field(default_factory=Counter)
    """Rows by what became of them."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Remarks by reason."""

    def remark(self, remark: Remark) -> None:
        """Count a remark and write it down."""
        self.reasons[remark.reason] += 1
        self.remarks.add(remark)

    def unreadable(self, row: Unreadable) -> None:
        """A row that was not imported."""
        self.counts["unreadable"] += 1
        self.remark(Remark(row.line, "", row.reason, detail=row.detail))


class _RemarksFile:
    def __init__(self, writer: "csv.DictWriter[str]") -> None:
        self._writer = writer

    def add(self, remark: Remark) -> None:
        self._writer.writerow({name: "" if value is None else value for name, value in asdict(remark).items()})


@contextmanager
def remarks_file(path: Path, *, append: bool = False) -> Iterator[Remarks]:
    """A rejects file: ``;``, UTF-8 with byte order mark as spreadsheets expect; always written, also when empty.

    `append` adds to the file of a run that was cut short, if it is still there.
    """
    going_on = append and path.exists() and path.stat().st_size > 0
    with path.open("a" if going_on else "w", encoding="utf-8" if going_on else "utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS, delimiter=";")
        if not going_on:
            writer.writeheader()
        yield _RemarksFile(writer)
