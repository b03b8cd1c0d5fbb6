"""A file of the programme's open data as a stream of rows: ``;``, UTF-8, quoted cells over several lines.

Memory stays bounded whatever the size of the file. A row that cannot be read is handed on with its line and the
reason; the rest of the file goes on.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

_CELL_CHARACTERS = 131_072


@dataclass(frozen=True, slots=True)
class Row:
    """One row that could be read."""

    line: int
    """Line of the file that it begins on, from 1."""
    cells: Mapping[str, str]
    """Text of each column, stripped; a column that the file lacks is empty."""

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that could not be read."""

    line: int
    reason: str
    """Closed code."""
    detail: str
    """For people; no text of the row."""


class BadTableError(ValueError):
    """The file as a whole is not of the expected layout."""


class Table:
    """A file being read. A context manager; iterate once. Raises `BadTableError` when opened or entered."""

    def __init__(self, path: Path, required: frozenset[str]) -> None:
        self.path = path
        self._required = required
        self._file: BinaryIO | None = None
        self._text: TextIOWrapper | None = None

    def __enter__(self) -> Self:
        try:
            self._file = self.path.open("rb")
        except OSError as error:
            raise BadTableError(f"{self.path} cannot be opened: {error.strerror}") from None
        self._text = TextIOWrapper(self._file, encoding="utf-8-sig", errors="replace", newline="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._text is not None:
            self._text.close()

    @property
    def size_bytes(self) -> int:
        """Size of the file."""
        return self.path.stat().st_size

    @property
    def read_bytes(self) -> int:
        """How far the file has been read; a little ahead of the rows handed out."""
        return 0 if self._file is None or self._file.closed else self._file.tell()

    def __iter__(self) -> Iterator[Row | Unreadable]:
        if self._text is None:
            raise BadTableError("the file is not open")
        csv.field_size_limit(_CELL_CHARACTERS)
        reader = csv.reader((line.replace("\x00", "") for line in self._text), delimiter=";")
        columns = self._columns(next(reader, []))
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Unreadable(line, "bad_csv", str(error))
                continue
            if cells:
                yield _row(line, columns, cells)

    def _columns(self, header: list[str]) -> list[str]:
        # The official lists carry the byte order mark inside the first quoted cell, quotes and all.
        columns = [cell.strip('\ufeff" ') for cell in header]
        missing = sorted(self._required - set(columns))
        if missing:
            raise BadTableError(f"{self.path} lacks the columns: {', '.join(missing)}")
        return columns


def _row(line: int, columns: list[str], cells: list[str]) -> Row | Unreadable:
    if len(cells) != len(columns):
        return Unreadable(line, "wrong_columns", f"{len(columns)} cells expected, {len(cells)} found")
    return Row(line, {column: cell.strip() for column, cell in zip(columns, cells, strict=True)})
