"""A steady rate: every act starts at its own time, whether the ones before have ended or not."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Pace:
    """How well a rate was kept."""

    acts: int
    seconds: float
    """Until the last act had started."""
    lateness: list[float]
    """By how many seconds each act started later than it should have: what the client itself could not do."""

    @property
    def rate(self) -> float:
        """Acts a second that were really started."""
        return self.acts / self.seconds


async def steadily(rate: int, seconds: float, act: Callable[[int], Awaitable[None]]) -> Pace:
    """Act so many times a second; returns once all acts have ended."""
    began, tasks, lateness = time.monotonic(), [], []
    for number in range(int(rate * seconds)):
        due = began + number / rate
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        lateness.append(max(0.0, time.monotonic() - due))
        tasks.append(asyncio.ensure_future(act(number)))
    lasted = time.monotonic() - began
    await asyncio.gather(*tasks)
    return Pace(len(tasks), max(lasted, len(tasks) / rate), lateness)


@dataclass
class Watch:
    """Stories told per structure, and how many of them its figure has counted."""

    told: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    counted: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    seconds: list[float] = field(default_factory=list)
    """From the story to the figure, of the stories that are measured."""
    measuring: bool = False
    _unmeasured: set[tuple[str, int]] = field(default_factory=set)

    def tell(self, code: str, at: float) -> None:
        """A story was told at this instant of the monotonic clock."""
        self.told[code].append(at)
        if not self.measuring:
            self._unmeasured.add((code, len(self.told[code])))
        elif self.counted[code] >= len(self.told[code]):
            self.seconds.append(0.0)

    def count(self, code: str, n: int, at: float) -> None:
        """The figure of a structure counts n stories now. A story is out once all told before it are."""
        told = self.told.get(code, [])
        for rank in range(self.counted[code] + 1, min(n, len(told)) + 1):
            if (code, rank) not in self._unmeasured:
                self.seconds.append(max(0.0, at - told[rank - 1]))
        self.counted[code] = max(n, self.counted[code])

    def missing(self, *, root: bool = True) -> list[str]:
        """Structures whose figure is not the number of stories told; the root's is the sum of all."""
        told = {code: len(times) for code, times in self.told.items()}
        if root:
            told["root"] = sum(told.values())
        return [
            f"{code}: {self.counted[code]} published, {count} told"
            for code, count in told.items()
            if self.counted[code] != count
        ]


async def until_counted(
    watch: Watch, reader: "asyncio.Task[None]", patience_seconds: float, *, root: bool = True
) -> None:
    """Wait until every story is in the figures, at the latest until patience ends; raises what ended the reader."""
    deadline = time.monotonic() + patience_seconds
    while watch.missing(root=root) and time.monotonic() < deadline:
        if reader.done():
            reader.result()
            raise ConnectionError("the stream ended")
        await asyncio.sleep(0.1)
