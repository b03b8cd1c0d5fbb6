"""The results page and the open data of a structure, asked for over the whole publication."""

import argparse
import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Final

from rich.console import Console

from spplus_chassis.topics import create_topics
from spplus_contracts.topics import TOPICS
from tests.bench import gauge
from tests.bench.counts import percentiles
from tests.bench.full_tree import full_tree
from tests.bench.http_client import Door
from tests.bench.publication_fill import fill
from tests.bench.results import Goal, Report, correctness
from tests.bench.service import RunningService, prepare, serving, until_ready
from tests.bench.stand import Stand

PREFIX: Final = "pages."
GOAL_MS: Final = 50.0
GOAL_RATE: Final = 500
_WARM_SECONDS: Final = 2.0
_SEED: Final = 50
_LEAST_BYTES: Final = 500
"""Shorter answers, packed as they are, are not what was asked for."""
_ASKED: Final[dict[str, Callable[[str], str]]] = {
    "results page": lambda code: f"/structures/{code}",
    "JSON of a structure": lambda code: f"/v1/indicators?structure_code={code}&limit=200",
}
_LEGEND = """\
One notifier process and PostgreSQL over the whole made-up tree, every structure with two years of figures. Cold: each
structure is asked for the first time, so the answer is written. Warm: structures drawn at random from all that were
asked for before; nothing has changed since, so the answer is sent as it was kept. At a rate: requests start on the
clock, whatever came before them, and their time begins when they should have started; a run that falls behind ends
after twice its time. As fast as they come: each connection asks again at once. CPU: milliseconds a request, of the
notifier and PostgreSQL. The client takes its part of the same cores; it takes packed answers, as browsers do.
"""


@dataclass(slots=True)
class _Run:
    name: str
    state: str
    """Cold or warm."""
    rate: int
    """Asked for a second; 0: as fast as they come."""
    answers: int = 0
    seconds: float = 0.0
    milliseconds: dict[str, float] = field(default_factory=dict)
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    memory_mb: float = 0.0
    others_cores: float = 0.0
    wrong: list[str] = field(default_factory=list)


async def pages(console: Console, stand: Stand, options: argparse.Namespace) -> Report:
    """Page and JSON, cold and warm, at the goal's rate and as fast as they come."""
    structures = full_tree(options.structures)
    await create_topics(stand.kafka.bootstrap_servers, TOPICS, PREFIX)
    database = await prepare(stand, "notifier", PREFIX)
    with console.status(f"Filling the publication of {len(structures):,} structures"):
        figures = await fill(database, structures)
    codes = [each.code for each in structures]
    random.Random(_SEED).shuffle(codes)
    runs = []
    settings = {"SPPLUS_NOTIFIER_DATABASE_POOL_SIZE": "10"}
    async with serving(stand, "notifier", PREFIX, database=database, settings=settings) as service:
        await until_ready(service)
        for name in _ASKED:
            with console.status(f"Asking for the {name}"):
                runs += await _runs(stand, service, name, codes, options)
    return _report(runs, figures, options)


async def _runs(
    stand: Stand, service: RunningService, name: str, codes: list[str], options: argparse.Namespace
) -> list[_Run]:
    """Cold and warm, as fast as they come and at the rate."""
    asked: list[str] = []
    fresh, chance = iter(codes), random.Random(_SEED)

    def first_time() -> Iterator[str]:
        for code in fresh:
            asked.append(code)
            yield code

    def again() -> Iterator[str]:
        while True:
            yield chance.choice(asked)

    door, path = Door(service.url), _ASKED[name]
    await _ask(door, _Run(name, "cold", 0), map(path, first_time()), options.connections, _WARM_SECONDS)
    runs = []
    for state, some in (("cold", first_time()), ("warm", again())):
        for rate in (options.page_rate, 0):
            run = _Run(name, state, rate)
            await _measure(stand, service, run, _ask(door, run, map(path, some), options.connections, options.seconds))
            runs.append(run)
    door.close()
    return runs


async def _measure(stand: Stand, service: RunningService, run: _Run, asking: Awaitable[list[float]]) -> None:
    pids = {"notifier": service.pid, "postgresql": stand.pids["postgresql"]}
    reading, machine, began = gauge.read(pids), gauge.Machine(), time.monotonic()
    waits = await asking
    run.seconds, run.answers, run.milliseconds = time.monotonic() - began, len(waits), percentiles(waits)
    run.cpu_seconds, run.others_cores = reading.since(), machine.others_cores()
    run.memory_mb = gauge.resident_mb(service.pid)


async def _ask(door: Door, run: _Run, paths: Iterator[str], connections: int, seconds: float) -> list[float]:
    """Ask for some time, or until the paths end; how long each answer took, in seconds."""
    waits: list[float] = []
    began = time.monotonic()
    number = iter(range(2**40))

    async def one_connection() -> None:
        while True:
            due = began + next(number) / run.rate if run.rate else time.monotonic()
            if due - began >= seconds or time.monotonic() - began >= 2 * seconds:
                return
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if (path := next(paths, None)) is None:
                return
            status, body = await door.get(path)
            waits.append(time.monotonic() - due)
            if status != 200 or len(body) < _LEAST_BYTES:
                run.wrong.append(f"{status} with {len(body)} bytes")

    await asyncio.gather(*(one_connection() for _ in range(connections)))
    return waits


def _report(runs: list[_Run], figures: int, options: argparse.Namespace) -> Report:
    columns = (
        "asked for",
        "state",
        "at",
        "answers",
        "right",
        "answers/s",
        "p50 ms",
        "p95",
        "p99",
        "max",
        "CPU ms",
        "MB",
        "others",
    )
    rows = [
        [
            run.name,
            run.state,
            f"{run.rate}/s" if run.rate else "full speed",
            f"{run.answers:,}",
            correctness(run.wrong),
            f"{run.answers / run.seconds:,.0f}",
            *(f"{run.milliseconds.get(mark, 0):,.1f}" for mark in ("p50", "p95", "p99", "max")),
            "+".join(f"{1e3 * seconds / max(1, run.answers):.1f}" for seconds in run.cpu_seconds.values()),
            f"{run.memory_mb:,.0f}",
            f"{run.others_cores:.1f}",
        ]
        for run in runs
    ]
    goals = [
        Goal(
            f"p99 of the {run.state} {run.name} at {run.rate}/s, ms",
            run.milliseconds.get("p99", 0),
            GOAL_MS,
            at_most=True,
        )
        for run in runs
        if run.rate == GOAL_RATE
    ]
    wrong = [f"{run.state} {run.name}: {line}" for run in runs for line in run.wrong]
    title = f"{figures:,} figures of {options.structures:,} structures, {options.connections} connections"
    return Report("pages", title, columns, rows, _LEGEND, goals, wrong, [asdict(run) for run in runs])
