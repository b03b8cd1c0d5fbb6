"""Group commit: items that arrive while one transaction runs share the next one.

There is no timer: an idle door flushes at once, a busy one in ever larger groups. When a flush fails, its items are
tried one by one, so that one bad item costs the others nothing. The queue is bounded: beyond it the door says so.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Overloaded(Exception):  # noqa: N818 - a state of the door, not a mistake
    """The queue is full; try again in a moment."""


class GroupCommit(Generic[Item, Result]):
    """One queue, one flusher. `flush` commits all its items or none and answers in their order."""

    def __init__(
        self,
        flush: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        *,
        capacity: int,
        group: int,
        hopeless: tuple[type[Exception], ...] = (),
        weigh: Callable[[Item], int] = lambda _item: 1,
    ) -> None:
        """`hopeless` are failures that no smaller group survives (the database is away): all items fail at once.

        `capacity` and `group` are in the unit of `weigh`; an item heavier than either is taken alone.
        """
        self._flush = flush
        self._capacity = capacity
        self._group = group
        self._hopeless = hopeless
        self._weigh = weigh
        self._weight = 0
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._arrived = asyncio.Event()

    async def submit(self, item: Item) -> Result:
        """Wait until the item is committed. Raises `Overloaded`, or what the flush raised for this item."""
        weight = self._weigh(item)
        if self._waiting and self._weight + weight > self._capacity:
            raise Overloaded
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        self._weight += weight
        self._arrived.set()
        return await answer

    async def run(self) -> None:
        """Flush for ever. Cancelled, it fails what still waits: nothing of it was committed."""
        try:
            while True:
                await self._arrived.wait()
                await self._flush_next()
                if not self._waiting:
                    self._arrived.clear()
        finally:
            while self._waiting:
                _fail(self._waiting.popleft()[1], Overloaded())
            self._weight = 0

    async def _flush_next(self) -> None:
        group = self._next_group()
        try:
            await self._flush_group(group)
        except BaseException:
            for _, answer in group:
                _fail(answer, Overloaded())
            raise

    def _next_group(self) -> list[tuple[Item, asyncio.Future[Result]]]:
        group: list[tuple[Item, asyncio.Future[Result]]] = []
        weight = 0
        while self._waiting:
            weight += self._weigh(self._waiting[0][0])
            if group and weight > self._group:
                break
            group.append(self._waiting.popleft())
        self._weight -= sum(self._weigh(item) for item, _ in group)
        return group

    async def _flush_group(self, group: Sequence[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._flush([item for item, _ in group])
        except self._hopeless as failure:
            for _, answer in group:
                _fail(answer, failure)
        except Exception as failure:  # noqa: BLE001 - the failure goes to the item that caused it
            await self._flush_singly(group, failure)
        else:
            for (_, answer), result in zip(group, results, strict=True):
                if not answer.done():
                    answer.set_result(result)

    async def _flush_singly(self, group: Sequence[tuple[Item, asyncio.Future[Result]]], failure: Exception) -> None:
        if len(group) == 1:
            _fail(group[0][1], failure)
            return
        for entry in group:
            await self._flush_group([entry])


def _fail(answer: asyncio.Future[Result], failure: Exception) -> None:
    if not answer.done():
        answer.set_exception(failure)
