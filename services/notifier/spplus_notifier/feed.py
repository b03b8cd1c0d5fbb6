"""The live stream inside one process: one reader of the log of changes, any number of listeners.

The latest changes stand in a ring that all listeners share. A listener only holds the number it has reached: if that
has left the ring (it was away, or it is slow), it reads the log itself, page by page. So no listener costs memory,
nothing is skipped, and whoever fell behind what the log keeps is told to start again.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Protocol

from spplus_chassis import metrics
from spplus_notifier import sse
from spplus_notifier.figure_key import FigureKey, parse_key
from spplus_notifier.queries import LogBounds, LoggedChange

RING_CHANGES = 5000
PAGE_CHANGES = 1000
CATCH_UP_CHANGES = 200
"""One listener's page of the log: thousands may be behind at once, and each holds its own."""
PIECE_BYTES = 65_536
"""About the most that is written to a listener at once, so that a slow one holds no more than that."""
_STEPS_KEPT: Final = 100
_BREATH_SECONDS: Final = 0.02
_REST_SHARE: Final = 1.0
"""Rest after an announcement, as a share of the time that telling all listeners took: half of it is for others."""


class Log(Protocol):
    """Where changes are read from."""

    async def bounds(self) -> LogBounds:
        """What the log still tells."""
        ...

    async def changes(self, *, after: int, limit: int) -> list[LoggedChange]:
        """Changes in the order of commit."""
        ...


@dataclass(frozen=True, slots=True)
class Told:
    """One change as listeners are told of it, worked out once for all of them."""

    seq: int
    key: FigureKey
    engagements: tuple[str, ...]
    text: bytes

    @classmethod
    def of(cls, change: LoggedChange) -> "Told":
        """What there is to say about a line of the log."""
        return cls(change.seq, parse_key(change.figure_key), change.engagements, sse.change(change))


@dataclass(frozen=True, slots=True)
class Step:
    """What a listener gets next: changes, or none after a quiet while; `seq` is the number it has reached.

    Listeners at the same number share a step, and with it what is worked out here once.
    """

    seq: int
    changes: tuple[Told, ...] = ()
    resync: bool = False
    """Changes before `seq` were missed for good."""
    texts: dict[str, bytes] = field(default_factory=dict)
    """What readers with the same filter are told of it, by filter."""


class Feed:
    """Tells listeners what changed, in the order of commit."""

    def __init__(self, log: Log, *, poll_seconds: float, heartbeat_seconds: float) -> None:
        self._log = log
        self._poll_seconds = poll_seconds
        self._heartbeat_seconds = heartbeat_seconds
        self._ring: deque[Told] = deque(maxlen=RING_CHANGES)
        self._last_seq: int | None = None
        self._committed = asyncio.Event()
        self._moved = asyncio.Event()
        self._readers = asyncio.Semaphore(4)
        self._steps: dict[int, Step] = {}
        self._restorations = 0
        self.tree_version = 0
        """Of the tree of structures, at least as new as the last change told."""
        self.closed = False

    def wake(self) -> None:
        """Changes have just been committed: read them now instead of at the next poll."""
        self._committed.set()

    def close(self) -> None:
        """End every listener's stream; they come back to another replica, or to us later."""
        self.closed = True
        self._announce()

    async def run(self) -> None:
        """Follow the log until cancelled; begins with what readers of a replica that ended may still have to hear."""
        if self._last_seq is None:
            bounds = await self._log.bounds()
            self.tree_version = bounds.tree_version
            self._last_seq = max(bounds.complete_from - 1, bounds.last_seq - RING_CHANGES)
        while True:
            self._committed.clear()
            read = await self._follow()
            if read:
                await self._let_listeners_write()
            if read < PAGE_CHANGES:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._committed.wait(), self._poll_seconds)

    async def beat(self) -> None:
        """Let quiet streams be heard from until cancelled, also while the database is away."""
        while True:
            await asyncio.sleep(self._heartbeat_seconds)
            self._announce()

    async def measure(self) -> None:
        """Set the gauge of what listeners have not heard yet."""
        if self._last_seq is not None:
            metrics.STREAM_BEHIND.set(max(0, (await self._log.bounds()).last_seq - self._last_seq))

    async def _follow(self) -> int:
        """Read one page of what is new; how much that was."""
        page = await self._log.changes(after=self._last_seq or 0, limit=PAGE_CHANGES)
        bounds = await self._log.bounds()
        self.tree_version = bounds.tree_version
        if not page and bounds.last_seq < (self._last_seq or 0):
            self._begin_anew(bounds.last_seq)
        if page:
            for change in page:
                if change.seq != (self._last_seq or 0) + 1:  # thinned meanwhile: listeners must find out by the log
                    self._ring.clear()
                self._ring.append(Told.of(change))
                self._last_seq = change.seq
            self._steps.clear()
            self._announce()
        return len(page)

    def _begin_anew(self, last_seq: int) -> None:
        """The database was restored: what was told since its backup will be numbered again, perhaps differently."""
        self._ring.clear()
        self._steps.clear()
        self._last_seq = last_seq
        self._restorations += 1
        self._announce()

    async def _let_listeners_write(self) -> None:
        """Rest the longer, the more there are to tell: what is committed meanwhile is told in one piece."""
        began = time.monotonic()
        await asyncio.sleep(0)  # the loop comes back to us behind all whom the announcement woke
        told_seconds = time.monotonic() - began
        metrics.STREAM_TELLING.observe(told_seconds)
        await asyncio.sleep(max(_BREATH_SECONDS, told_seconds * _REST_SHARE))

    def _announce(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def listen(self, after: int | None) -> AsyncIterator[Step]:
        """Every change after a number, or from now on; begins with an empty step that tells the number reached."""
        restorations = self._restorations
        seq = await self._start_place(after)
        if seq is None:
            seq = (await self._log.bounds()).last_seq
            yield Step(seq, resync=True)
        else:
            yield Step(seq)
        while not self.closed:
            moved = self._moved
            step = await self._next(seq)
            if step is None:
                await moved.wait()
                if restorations != self._restorations:
                    restorations, step = self._restorations, Step(self._last_seq or 0, resync=True)
                else:
                    step = await self._next(seq) or Step(seq)
            seq = step.seq
            yield step

    async def _start_place(self, after: int | None) -> int | None:
        """Where a listener starts; none where its number is not of this log or no longer in it."""
        if after is not None and self._ring and self._ring[0].seq - 1 <= after <= self._ring[-1].seq:
            return after
        bounds = await self._log.bounds()
        if after is None:
            return bounds.last_seq
        # A number ahead of the log was given before the database was restored from a backup.
        return after if bounds.complete_from - 1 <= after <= bounds.last_seq else None

    async def _next(self, seq: int) -> Step | None:
        if self._last_seq is None or seq >= self._last_seq:
            return None
        if shared := self._steps.get(seq):
            return shared
        if self._ring and self._ring[0].seq <= seq + 1:
            piece = _piece(islice(self._ring, seq + 1 - self._ring[0].seq, None))
            if len(self._steps) >= _STEPS_KEPT:  # many come back at once, each at a number of its own
                self._steps.clear()
            step = self._steps[seq] = Step(piece[-1].seq, piece)
            return step
        return await self._from_log(seq)

    async def _from_log(self, seq: int) -> Step | None:
        async with self._readers:
            page = await self._log.changes(after=seq, limit=CATCH_UP_CHANGES)
            bounds = await self._log.bounds()  # after the page: what was thinned before it was read shows here
        self.tree_version = bounds.tree_version
        if bounds.complete_from > seq + 1:
            return Step(bounds.last_seq, resync=True)
        piece = _piece(map(Told.of, page))
        return Step(piece[-1].seq, piece) if piece else None


def _piece(changes: Iterable[Told]) -> tuple[Told, ...]:
    """As many of the first as are written at once."""
    taken: list[Told] = []
    size = 0
    for change in changes:
        taken.append(change)
        size += len(change.text)
        if size >= PIECE_BYTES:
            break
    return tuple(taken)
