import asyncio

import pytest

from spplus_embedded import supervision
from spplus_embedded.errors import PartsError
from spplus_embedded.supervision import LONGEST_PAUSE_SECONDS, Supervisor

pytestmark = pytest.mark.asyncio


class DyingChild:
    """A process that dies as soon as it is looked at."""

    ending = "exit status 1"

    def bound_log(self) -> None:
        raise AssertionError("it never lives long enough to be logged")

    async def wait(self, _seconds: float) -> bool:
        return True


class DyingPart:
    """A part that dies at once, and refuses its first starts."""

    def __init__(self, refusals: int, starts: int) -> None:
        self.child = DyingChild()
        self.starts = 0
        self.done = asyncio.Event()
        self._refusals = refusals
        self._wanted = starts

    async def start(self) -> None:
        self.starts += 1
        if self.starts == self._wanted:
            self.done.set()
            await asyncio.Event().wait()
        if self.starts <= self._refusals:
            raise PartsError("the port is taken")


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that the supervisor makes, none of which is waited for."""
    made: list[float] = []
    sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        made.append(seconds)
        await sleep(0)

    monkeypatch.setattr(supervision.asyncio, "sleep", note)
    return made


async def watch(part: DyingPart) -> list[str]:
    said: list[str] = []
    supervisor = Supervisor(said.append)
    supervisor.watch("notifier", part)  # type: ignore[arg-type]  # a part as far as the supervisor looks
    await part.done.wait()
    await supervisor.leave_all()
    return said


async def test_part_that_keeps_dying_is_started_after_ever_longer_pauses(pauses: list[float]) -> None:
    await watch(DyingPart(refusals=0, starts=9))
    assert pauses == sorted(pauses)
    assert pauses[:3] == [0.2, 0.4, 0.8]
    assert pauses[-1] == LONGEST_PAUSE_SECONDS


@pytest.mark.usefixtures("pauses")
async def test_death_and_return_are_said() -> None:
    said = await watch(DyingPart(refusals=0, starts=2))
    assert said[:2] == ["notifier stopped (exit status 1), starting it again in 0.2 s", "notifier is back"]


@pytest.mark.usefixtures("pauses")
async def test_start_that_fails_is_explained_and_tried_again() -> None:
    part = DyingPart(refusals=1, starts=3)
    said = await watch(part)
    assert "the port is taken" in said
    assert "notifier is back" in said
    assert part.starts == 3
