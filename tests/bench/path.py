"""What a measurement of latency needs to know of a way through the platform."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.bench.steady import Watch


@dataclass(frozen=True, slots=True)
class Path:
    """A way to tell stories and to see them counted."""

    name: str
    goal_ms: float
    watch: Watch
    act: Callable[[int], Awaitable[None]]
    reader: "asyncio.Task[None]"
    pids: dict[str, int]
    refused: list[int] = field(default_factory=list)
    """Statuses other than 202."""
    answering: list[float] = field(default_factory=list)
    """Seconds until the door answered, where there is one."""
