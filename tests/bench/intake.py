"""Stories posted by many connections at once: group commit beside one transaction for each request."""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import asyncpg
from rich.console import Console

from spplus_chassis.topics import create_topics
from spplus_contracts.topics import TOPICS
from tests.bench import gauge
from tests.bench.counts import percentiles
from tests.bench.http_client import Door
from tests.bench.latency_http import import_tree, story_about
from tests.bench.results import Goal, Report, correctness
from tests.bench.service import prepare, serving, until_ready
from tests.bench.stand import Stand
from tests.bench.steady import steadily

_WARM_UP_SECONDS: Final = 3.0
_SHARE_OF_MOST: Final = 0.7
_GOAL_RATIO: Final = 2.5
_GOAL_P99_MS: Final = 100.0
_SIDES: Final[dict[str, Sequence[str] | None]] = {
    "one transaction each": (sys.executable, "-m", "tests.bench.ungrouped"),
    "group commit": None,
}
_LEGEND = """\
At most: each connection posts its next story as soon as the last is answered. At 70 %: stories start at a steady 70 %
of that rate, whether the ones before were answered or not, and wait from when they should have started.
CPU: microseconds a story, of the service, PostgreSQL and Kafka, at most. Rows: every story answered with 202 stands in
the database once.
"""


@dataclass(frozen=True, slots=True)
class Side:
    """What one way of committing reached."""

    name: str
    rate: float
    """Stories a second, at most."""
    milliseconds: dict[str, float]
    """Until answered, at most."""
    cpu_seconds: dict[str, float]
    stories: int
    steady_rate: float
    steady_milliseconds: dict[str, float]
    """Until answered, from when each should have started."""
    others_cores: float
    wrong: list[str]


async def intake(console: Console, stand: Stand, options: argparse.Namespace) -> Report:
    """Both sides, one after the other, on databases of their own."""
    sides = []
    for number, (name, command) in enumerate(_SIDES.items()):
        with console.status(f"Posting stories, {name}"):
            sides.append(await _side(stand, name, command, f"intake{number}.", options))
    return _report(sides, options.connections)


async def _side(
    stand: Stand, name: str, command: Sequence[str] | None, prefix: str, options: argparse.Namespace
) -> Side:
    await create_topics(stand.kafka.bootstrap_servers, TOPICS, prefix)
    database = await prepare(stand, "feedback", prefix)
    await import_tree(stand, database, prefix, options.offices)
    async with serving(stand, "feedback", prefix, database=database, command=command) as service:
        await until_ready(service)
        poster = _Poster(Door(service.url), options.offices)
        await _at_most(poster, options.connections, _WARM_UP_SECONDS)
        poster.begin()
        reading, machine = gauge.read({"feedback": service.pid} | stand.pids), gauge.Machine()
        lasted = await _at_most(poster, options.connections, options.seconds)
        cpu, others = reading.since(), machine.others_cores()
        rate, answering, told = len(poster.seconds) / lasted, percentiles(poster.seconds), len(poster.seconds)
        steady = max(1, int(rate * _SHARE_OF_MOST))
        poster.begin(every_seconds=1 / steady)
        pace = await steadily(steady, options.seconds, poster.post)
        wrong = poster.wrong + await _wrong_rows(database, poster.accepted)
    return Side(name, rate, answering, cpu, told, pace.rate, percentiles(poster.seconds), others, wrong)


async def _at_most(poster: "_Poster", connections: int, seconds: float) -> float:
    """Post from each connection without a pause; returns how long it lasted."""
    began = time.monotonic()

    async def connection() -> None:
        while time.monotonic() < began + seconds:
            await poster.post(0)

    await asyncio.gather(*(connection() for _ in range(connections)))
    return time.monotonic() - began


class _Poster:
    """Posts stories and keeps how long each took."""

    def __init__(self, door: Door, offices: int) -> None:
        self.seconds: list[float] = []
        self.accepted = 0
        self.wrong: list[str] = []
        self._door = door
        self._bodies = [story_about(f"office{n}") for n in range(offices)]
        self._next = 0
        self._every, self._began = 0.0, 0.0

    def begin(self, *, every_seconds: float = 0.0) -> None:
        """Forget the times so far. At a steady rate a story's time begins when it should have started."""
        self.seconds = []
        self._every, self._began = every_seconds, time.monotonic()

    async def post(self, number: int) -> None:
        """Post one story."""
        self._next += 1
        body = self._bodies[self._next % len(self._bodies)]
        began = self._began + number * self._every if self._every else time.monotonic()
        status, _ = await self._door.post("/v1/feedback", body)
        self.seconds.append(time.monotonic() - began)
        if status == 202:
            self.accepted += 1
        else:
            self.wrong.append(f"answered {status}")


async def _wrong_rows(database: str, accepted: int) -> list[str]:
    connection = await asyncpg.connect(database)
    try:
        rows = await connection.fetchval("SELECT count(*) FROM feedbacks WHERE held_at IS NULL")
    finally:
        await connection.close()
    return [] if rows == accepted else [f"{accepted} accepted, {rows} rows"]


def _report(sides: list[Side], connections: int) -> Report:
    alone, grouped = sides
    columns = ("commit", "counts", "most/s", "p50 ms", "p99", "CPU us", "at 70 %/s", "p50 ms", "p99", "others")
    rows = [
        [
            side.name,
            correctness(side.wrong),
            f"{side.rate:,.0f}",
            *(f"{side.milliseconds[name]:,.0f}" for name in ("p50", "p99")),
            "+".join(f"{1e6 * seconds / side.stories:.0f}" for seconds in side.cpu_seconds.values()),
            f"{side.steady_rate:,.0f}",
            *(f"{side.steady_milliseconds[name]:,.0f}" for name in ("p50", "p99")),
            f"{side.others_cores:.1f}",
        ]
        for side in sides
    ]
    goals = [
        Goal("group commit over one transaction each", grouped.rate / alone.rate, _GOAL_RATIO),
        Goal("p99 in ms at 70 %", grouped.steady_milliseconds["p99"], _GOAL_P99_MS, at_most=True),
    ]
    wrong = [f"{side.name}: {line}" for side in sides for line in side.wrong]
    data: list[dict[str, Any]] = [asdict(side) for side in sides]
    return Report("intake", f"Stories posted by {connections} connections", columns, rows, _LEGEND, goals, wrong, data)
