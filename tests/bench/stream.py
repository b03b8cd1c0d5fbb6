"""Thousands of readers of the live stream, each told of every figure."""

import argparse
import asyncio
import json
import resource
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Final

from aiokafka import AIOKafkaProducer
from rich.console import Console

from spplus_chassis.topics import create_topics
from spplus_contracts.topics import INDICATOR_COMPUTED, TOPICS
from tests.bench import gauge
from tests.bench.counts import change, percentiles
from tests.bench.results import Goal, Report, correctness
from tests.bench.service import RunningService, prepare, serving, until_ready
from tests.bench.stand import BenchError, Stand
from tests.bench.stream_readers import Findings
from tests.support.builders import a_figure, an_envelope

PREFIX: Final = "stream."
GOAL_MS: Final = 200.0
GOAL_GROWTH: Final = 10.0
_WARM_UP: Final = 50
_SECONDS_TO_CONNECT: Final = 120.0
_SECONDS_TO_HEAR: Final = 300.0
_FILES_BESIDE: Final = 200
_LEGEND = """\
Figures are published on the topic on the clock; every reader is told of each. Told: from the instant at which a figure
stood on the topic, by the broker's clock, until twenty of the readers have it; due: from the moment it should have been
handed to Kafka. Missed and again: figures that a reader was not told of, or whose number was not above the one before,
over all readers. Memory: of the notifier, resident when all readers are there, at the end, and at its peak. CPU: cores
used, notifier, readers, PostgreSQL, Kafka. The readers are one process of the bench, on the same cores.
"""


@dataclass(frozen=True, slots=True)
class _Published:
    """When each figure was due, and when it stood on the topic."""

    due: list[float]
    on_bus: list[float]


@dataclass(frozen=True, slots=True)
class _Run:
    readers: int
    figures: int
    missed: int
    again: int
    resyncs: int
    seconds: float
    told_ms: dict[str, float]
    due_ms: dict[str, float]
    memory_mb: tuple[float, float, float]
    cpu_seconds: dict[str, float]
    others_cores: float
    wrong: list[str]


async def stream(console: Console, stand: Stand, options: argparse.Namespace) -> Report:
    """All readers, then the figures."""
    _allow_files(options.readers + _FILES_BESIDE)
    await create_topics(stand.kafka.bootstrap_servers, TOPICS, PREFIX)
    database = await prepare(stand, "notifier", PREFIX)
    settings = {"SPPLUS_NOTIFIER_STREAM_CLIENTS": str(options.readers + 10)}
    async with serving(stand, "notifier", PREFIX, database=database, settings=settings) as service:
        await until_ready(service)
        with console.status(f"Telling {options.readers:,} readers of {options.stream_rate} figures a second"):
            run = await _run(stand, service, options)
    return _report(run, options)


def _allow_files(count: int) -> None:
    """Each reader is an open file of the notifier and one of the readers' process; both have our limits."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        raise BenchError(f"the machine allows {hard:,} open files a process, and {count:,} are needed (ulimit -Hn)")
    if soft != resource.RLIM_INFINITY and soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


async def _run(stand: Stand, service: RunningService, options: argparse.Namespace) -> _Run:
    async with AIOKafkaProducer(bootstrap_servers=stand.kafka.bootstrap_servers, acks="all") as producer:
        await _publish(producer, "w", options.stream_rate, _WARM_UP)
        while await service.metric("spplus_figures_applied_total") < _WARM_UP:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)
        async with _listening(service.url, options.readers) as readers:
            memory = gauge.resident_mb(service.pid)
            pids = {"notifier": service.pid, "readers": readers.pid} | stand.pids
            reading, machine, began = gauge.read(pids), gauge.Machine(), time.monotonic()
            published = await _publish(producer, "s", options.stream_rate, options.stream_rate * options.seconds)
            found = await _findings(readers, len(published.due))
            lasted, cpu, others = time.monotonic() - began, reading.since(), machine.others_cores()
            return _Run(
                options.readers,
                len(published.due),
                found.missed,
                found.again,
                found.resyncs,
                lasted,
                percentiles([at - published.on_bus[number] for number, at in found.times]),
                percentiles([at - published.due[number] for number, at in found.times]),
                (memory, gauge.resident_mb(service.pid), gauge.peak_mb(service.pid)),
                cpu,
                others,
                _wrong(found),
            )


def _wrong(found: Findings) -> list[str]:
    wrong = [f"{found.ended} streams ended"] if found.ended else []
    if found.missed and not found.resyncs:
        wrong.append(f"{found.missed} figures missed without a word")
    if found.again:
        wrong.append(f"{found.again} figures told twice or out of order")
    return wrong


@asynccontextmanager
async def _listening(url: str, count: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """The process of the readers, all of them connected."""
    readers = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.stream_readers", url, str(count)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**28,
    )
    try:
        said = await _said(readers, _SECONDS_TO_CONNECT)
        if said != "ready":
            raise BenchError(f"{count} readers could not connect: {said}")
        yield readers
    finally:
        if readers.returncode is None:
            readers.kill()
        await readers.wait()


async def _findings(readers: asyncio.subprocess.Process, count: int) -> Findings:
    """What the readers were told of so many figures."""
    assert readers.stdin is not None
    readers.stdin.write(f"{count}\n".encode())
    return Findings(**json.loads(await _said(readers, _SECONDS_TO_HEAR)))


async def _said(readers: asyncio.subprocess.Process, seconds: float) -> str:
    assert readers.stdout is not None
    try:
        return (await asyncio.wait_for(readers.stdout.readline(), seconds)).decode().strip()
    except TimeoutError:
        raise BenchError(f"the readers said nothing for {seconds:.0f} s") from None


async def _publish(producer: AIOKafkaProducer, name: str, rate: int, count: int) -> _Published:
    """Put so many figures on the topic on the clock."""
    topic, due, sent = PREFIX + INDICATOR_COMPUTED.name, [], []
    began = time.time()
    for number in range(count):
        due.append(began + number / rate)
        await asyncio.sleep(max(0.0, due[-1] - time.time()))
        figure = a_figure(structure_code=f"{name}{number}", provisional=True)
        headers = an_envelope(figure).headers()
        sent.append(await producer.send(topic, figure.to_json(), key=figure.key.encode(), headers=headers))
    return _Published(due, [(await acknowledged).timestamp / 1000 for acknowledged in sent])


def _report(run: _Run, options: argparse.Namespace) -> Report:
    columns = (
        "readers",
        "figures",
        "right",
        "missed",
        "again",
        "resyncs",
        "told p50 ms",
        "p95",
        "max",
        "due p95",
        "MB",
        "CPU cores",
        "others",
    )
    row = [
        f"{run.readers:,}",
        f"{run.figures:,}",
        correctness(run.wrong),
        f"{run.missed:,}",
        f"{run.again:,}",
        f"{run.resyncs:,}",
        *(f"{run.told_ms.get(mark, 0):,.0f}" for mark in ("p50", "p95", "max")),
        f"{run.due_ms.get('p95', 0):,.0f}",
        "{:,.0f} -> {:,.0f} ({:,.0f})".format(*run.memory_mb),
        "+".join(f"{seconds / run.seconds:.2f}" for seconds in run.cpu_seconds.values()),
        f"{run.others_cores:.1f}",
    ]
    goals = [
        Goal("p95 from IndicatorComputed to the reader, ms", run.told_ms.get("p95", 0), GOAL_MS, at_most=True),
        Goal("growth of memory, percent", change(*run.memory_mb[:2]), GOAL_GROWTH, at_most=True),
    ]
    title = f"{options.stream_rate} figures a second told to {options.readers:,} readers"
    return Report("stream", title, columns, [row], _LEGEND, goals, run.wrong, [asdict(run)])
