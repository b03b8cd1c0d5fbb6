"""Files of the whole publication, one for each period asked for, kept until the publication has changed."""

import asyncio
import tempfile
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from spplus_chassis.database import Pool
from spplus_notifier import parquet_export, queries, selection
from spplus_notifier.selection import Filter, Selection

_PORTION: Final = 5_000
_MOST_KEPT: Final = 12


@dataclass(frozen=True, slots=True)
class Dump:
    """A file that is there."""

    file: Path
    last_seq: int
    """Number of the last change that is in it for sure."""
    modified_at: datetime | None
    built_at: float


class Dumps:
    """Builds each file once for all who ask, one at a time, and again at most every so many seconds."""

    def __init__(self, pool: Callable[[], Pool], *, seconds: float) -> None:
        self._pool = pool
        self._seconds = seconds
        self._directory: tempfile.TemporaryDirectory[str] | None = None
        self._kept: OrderedDict[Filter, Dump] = OrderedDict()
        self._outgoing: Path | None = None
        self._building = asyncio.Lock()
        self._count = 0

    def close(self) -> None:
        """Remove the files."""
        if self._directory is not None:
            self._directory.cleanup()

    async def of(self, wanted: Filter) -> Dump:
        """The file of these figures: as new as the publication, or built less than so many seconds ago."""
        async with self._building:
            bounds = await queries.log_bounds(self._pool())
            held = self._kept.get(wanted)
            recent = held is not None and time.monotonic() - held.built_at < self._seconds
            if held is None or (held.last_seq != bounds.last_seq and not recent):
                file = await self._build(wanted, bounds.last_seq)
                held = Dump(file, bounds.last_seq, bounds.modified_at, time.monotonic())
                self._keep(wanted, held)
            self._kept.move_to_end(wanted)
            return held

    async def _build(self, wanted: Filter, last_seq: int) -> Path:
        if self._directory is None:
            self._directory = tempfile.TemporaryDirectory(prefix="spplus-dumps-", ignore_cleanup_errors=True)
        self._count += 1
        file = Path(self._directory.name) / f"{self._count}.parquet"
        about = {"last_change": str(last_seq)}
        try:
            await parquet_export.write(file, self._portions(Selection(wanted)), about)
        except BaseException:
            file.unlink(missing_ok=True)
            raise
        return file

    def _keep(self, wanted: Filter, dump: Dump) -> None:
        replaced = self._kept.pop(wanted, None)
        self._kept[wanted] = dump
        if replaced is None and len(self._kept) > _MOST_KEPT:
            _, replaced = self._kept.popitem(last=False)
        if replaced is not None:
            # Whoever was just given it is about to open it; who has it open reads on.
            if self._outgoing is not None:
                self._outgoing.unlink(missing_ok=True)
            self._outgoing = replaced.file

    async def _portions(self, chosen: Selection) -> AsyncIterator[Sequence[str]]:
        after: str | None = None
        while True:
            page = await selection.figures(self._pool(), chosen, after=after, limit=_PORTION)
            if page:
                yield [figure.data for figure in page]
            if len(page) < _PORTION:
                return
            after = page[-1].key
