"""Rows to a stream as JSON, CSV or lines to read, one after the other: memory stays bounded."""

import csv
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol, TextIO

FORMATS: Final = ("text", "json", "csv")

Row = Mapping[str, Any]
"""A row; a value may be a mapping or a list of plain values."""


class Report(Protocol):
    """Where rows go."""

    def begin(self, about: Row, columns: Sequence[str]) -> None:
        """What the rows are about, and their columns; a column of a mapping is ``name.part``."""

    def row(self, row: Row) -> None:
        """One row."""

    def end(self, summary: Row) -> None:
        """What they amount to."""


class JsonReport:
    """One object: what it is about, ``rows``, the summary. A value that is not there is left out of its row."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._between = "\n"

    def begin(self, about: Row, columns: Sequence[str]) -> None:  # noqa: ARG002 - rows name their own
        """See `Report`."""
        self._stream.write(f'{json.dumps(about)[:-1]}{", " if about else ""}"rows": [')

    def row(self, row: Row) -> None:
        """See `Report`."""
        kept = {name: value for name, value in row.items() if value is not None}
        self._stream.write(self._between + json.dumps(kept, ensure_ascii=False))
        self._between = ",\n"

    def end(self, summary: Row) -> None:
        """See `Report`."""
        self._stream.write(f"\n]{', ' if summary else ''}{json.dumps(summary)[1:]}\n")


class CsvReport:
    """A header and the rows; several values in one cell are separated by blanks."""

    def __init__(self, stream: TextIO) -> None:
        self._writer = csv.writer(stream, lineterminator="\n")
        self._columns: Sequence[str] = ()

    def begin(self, about: Row, columns: Sequence[str]) -> None:  # noqa: ARG002 - a table has rows only
        """See `Report`."""
        self._columns = columns
        self._writer.writerow([name.replace(".", "_") for name in columns])

    def row(self, row: Row) -> None:
        """See `Report`."""
        self._writer.writerow(cells(row, self._columns))

    def end(self, summary: Row) -> None:
        """See `Report`."""


class TextReport:
    """Lines to read: only cells that hold something, with the name of all but the first ones."""

    def __init__(self, stream: TextIO, *, unnamed: int = 4) -> None:
        self._stream = stream
        self._unnamed = unnamed
        self._columns: Sequence[str] = ()

    def begin(self, about: Row, columns: Sequence[str]) -> None:  # noqa: ARG002 - the command line said it
        """See `Report`."""
        self._columns = columns

    def row(self, row: Row) -> None:
        """See `Report`."""
        values = cells(row, self._columns)
        named = zip(self._columns[self._unnamed :], values[self._unnamed :], strict=True)
        words = [*values[: self._unnamed], *(f"{name}={value}" for name, value in named if value)]
        self._stream.write(" ".join(words) + "\n")

    def end(self, summary: Row) -> None:
        """See `Report`."""


def report_in(form: str, stream: TextIO) -> Report:
    """The report in one of `FORMATS`."""
    if form == "json":
        return JsonReport(stream)
    return CsvReport(stream) if form == "csv" else TextReport(stream)


def cells(row: Row, columns: Sequence[str]) -> list[str]:
    """The values of a row as text, in the order of the columns; empty where there is none."""
    return [_cell(row, *name.split(".")) for name in columns]


def _cell(row: Row, name: str, part: str | None = None) -> str:
    value = row.get(name)
    if part is not None and value is not None:
        value = value[part]
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return str(value)
