"""What dies is started again, after a pause that grows while it keeps dying, and this is said."""

import asyncio
import time
from collections.abc import Callable
from typing import Final, Protocol

from spplus_embedded.errors import PartsError
from spplus_embedded.process import Child

FIRST_PAUSE_SECONDS: Final = 0.2
LONGEST_PAUSE_SECONDS: Final = 10.0
STEADY_SECONDS: Final = 30.0
"""A part that lived this long is not one that keeps dying."""
_LOG_CHECK_SECONDS: Final = 10.0

Announce = Callable[[str], None]


class Part(Protocol):
    """A process that can be started again."""

    @property
    def child(self) -> Child:
        """Its process."""

    async def start(self) -> None:
        """Start it and wait until it does its work; PartsError if it cannot."""


class Supervisor:
    """Watches parts that run; knows which of them are meant to be down."""

    def __init__(self, announce: Announce) -> None:
        self._announce = announce
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def watch(self, name: str, part: Part) -> None:
        """Begin to watch a part that runs."""
        self._tasks[name] = asyncio.create_task(self._keep(name, part), name=f"supervise-{name}")

    async def leave(self, name: str) -> None:
        """Stop watching a part, so that it may be down."""
        task = self._tasks.pop(name, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def leave_all(self) -> None:
        """Stop watching."""
        for name in list(self._tasks):
            await self.leave(name)

    async def _keep(self, name: str, part: Part) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            started = time.monotonic()
            while not await part.child.wait(_LOG_CHECK_SECONDS):
                part.child.bound_log()
            if time.monotonic() - started > STEADY_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            self._announce(f"{name} stopped ({part.child.ending}), starting it again in {pause:.1f} s")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            try:
                await part.start()
            except (PartsError, OSError) as error:
                self._announce(str(error))
            else:
                self._announce(f"{name} is back")
