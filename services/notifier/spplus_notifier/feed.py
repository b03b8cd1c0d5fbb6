"""The live stream inside one process: one reader of the log of changes, any number of listeners.

The latest changes stand in a ring that all listeners share. A listener only holds the number it has reached: if that
has left the ring (it was away, or it is slow), it reads the log itself, page by page. So no listener costs memory,
nothing is skipped, and whoever fell behind what the log keeps is told to start again.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Final, Protocol

from spplus_notifier import sse
from spplus_notifier.figure_key import FigureKey, parse_key
from spplus_notifier.queries import LogBounds, LoggedChange

RING_CHANGES = 5000
PAGE_CHANGES = 1000
_BREATH_SECONDS: Final = 0.05
"""Between two announcements: thousands of listeners are told of several commits at once, not of each."""


class Log(Protocol):
    """Where changes are read from."""

    async def bounds(self) -> LogBounds:
        """What the log still tells."""
        ...

    async def changes(self, *, after: int, limit: int) -> list[LoggedChange]:
        """Changes in the order of commit."""
        ...


@dataclass(frozen=True)
class Step:
    """What a listener gets next: changes, or none after a quiet while; `seq` is the number it has reached.

    Listeners at the same number share a step, and with it what is worked out here once.
    """

    seq: int
    changes: tuple[LoggedChange, ...] = ()
    resync: bool = False
    """Changes before `seq` were missed for good."""

    @cached_property
    def keys(self) -> tuple[FigureKey, ...]:
        """The key of each change."""
        return tuple(parse_key(change.figure_key) for change in self.changes)

    @cached_property
    def texts(self) -> tuple[bytes, ...]:
        """Each change as an event."""
        return tuple(map(sse.change, self.changes))

    @cached_property
    def text(self) -> bytes:
        """All of them."""
        return b"".join(self.texts)


class Feed:
    """Tells listeners what changed, in the order of commit."""

    def __init__(self, log: Log, *, poll_seconds: float) -> None:
        self._log = log
        self._poll_seconds = poll_seconds
        self._ring: deque[LoggedChange] = deque(maxlen=RING_CHANGES)
        self._last_seq: int | None = None
        self._committed = asyncio.Event()
        self._moved = asyncio.Event()
        self._readers = asyncio.Semaphore(4)
        self._steps: dict[int, Step] = {}
        self.tree_version = 0
        """Of the tree of structures, at least as new as the last change told."""
        self.closed = False

    def wake(self) -> None:
        """This process has just committed changes: read them now instead of at the next poll."""
        self._committed.set()

    def close(self) -> None:
        """End every listener's stream; they come back to another replica, or to us later."""
        self.closed = True
        self._announce()

    async def run(self) -> None:
        """Follow the log until cancelled."""
        if self._last_seq is None:
            bounds = await self._log.bounds()
            self._last_seq, self.tree_version = bounds.last_seq, bounds.tree_version
            self._announce()
        while True:
            self._committed.clear()
            read = await self._follow()
            if read < PAGE_CHANGES:
                await self._pause(breathe=read > 0)

    async def _follow(self) -> int:
        """Read one page of what is new; how much that was."""
        reached = self._last_seq or 0
        page = await self._log.changes(after=reached, limit=PAGE_CHANGES)
        if page:
            self.tree_version = (await self._log.bounds()).tree_version
            if page[0].seq != reached + 1:  # we slept longer than the log keeps: listeners must find out by the log
                self._ring.clear()
            self._ring.extend(page)
            self._last_seq = page[-1].seq
            self._steps.clear()
            self._announce()
        return len(page)

    async def _pause(self, *, breathe: bool) -> None:
        if breathe:
            await asyncio.sleep(_BREATH_SECONDS)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._committed.wait(), self._poll_seconds)

    def _announce(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def listen(self, after: int | None, *, heartbeat_seconds: float) -> AsyncIterator[Step]:
        """Every change after a number, or from now on; begins with an empty step that tells the number reached."""
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
                try:
                    await asyncio.wait_for(moved.wait(), heartbeat_seconds)
                except TimeoutError:
                    yield Step(seq)
                continue
            seq = step.seq
            yield step

    async def _start_place(self, after: int | None) -> int | None:
        """Where a listener starts; none where its number is not of this log or no longer in it."""
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
            first = seq + 1 - self._ring[0].seq
            page = tuple(islice(self._ring, first, first + PAGE_CHANGES))
            step = self._steps[seq] = Step(page[-1].seq, page)
            return step
        return await self._from_log(seq)

    async def _from_log(self, seq: int) -> Step | None:
        async with self._readers:
            page = tuple(await self._log.changes(after=seq, limit=PAGE_CHANGES))
            bounds = await self._log.bounds()  # after the page: what was thinned before it was read shows here
        self.tree_version = bounds.tree_version
        if bounds.complete_from > seq + 1:
            return Step(bounds.last_seq, resync=True)
        return Step(page[-1].seq, page) if page else None
