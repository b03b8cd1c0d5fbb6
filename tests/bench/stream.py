"""Thousands of readers of the live stream, each told of every figure."""

import argparse
import asyncio
import re
import time
from dataclasses import asdict, dataclass, field
from typing import Final
from urllib.parse import urlsplit

from aiokafka import AIOKafkaProducer
from rich.console import Console

from spplus_chassis.topics import create_topics
from spplus_contracts.topics import INDICATOR_COMPUTED, TOPICS
from tests.bench import gauge
from tests.bench.counts import change, percentiles
from tests.bench.results import Goal, Report, correctness
from tests.bench.service import RunningService, prepare, serving, until_ready
from tests.bench.stand import BenchError, Stand
from tests.support.builders import a_figure, an_envelope

PREFIX: Final = "stream."
GOAL_MS: Final = 200.0
GOAL_GROWTH: Final = 10.0
_FIGURE: Final = b"event: indicator"
_RESYNC: Final = b"event: resync"
_SECONDS_TO_CONNECT: Final = 60.0
_PATIENCE_SECONDS: Final = 60.0
_AT_ONCE: Final = 100
_TIMED: Final = 20
"""Readers that take the time of each figure; the others only count."""
_CODE: Final = re.compile(rb'"structure_code":"s(\d+)"')
_LEGEND = """\
Figures are published on the topic on the clock; every reader is told of each. Told: from the moment a figure should
have been handed to Kafka until twenty of the readers have it. Missed: figures that a reader was not told of, over all
readers. Memory: of the notifier, resident when all readers are there and at the end. CPU: cores used, notifier,
PostgreSQL, Kafka. The readers are the bench's own process, on the same cores.
"""


@dataclass(slots=True)
class _Readers:
    """Everyone who listens."""

    counts: list[int]
    told: list[tuple[int, float]] = field(default_factory=list)
    """Number of each figure and when it came, at those who take the time."""
    resyncs: int = 0
    listening: int = 0
    ended: int = 0

    async def listen(self, number: int, url: str) -> None:
        """One reader, until it is cancelled."""
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(f"GET /v1/stream HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: text/event-stream\r\n\r\n".encode())
        rest = b""
        try:
            await reader.readuntil(b"\n\n")  # the opening words: from here on nothing is missed
            self.listening += 1
            while data := await reader.read(2**18):
                rest = self._take(number, rest + data)
            self.ended += 1
        finally:
            writer.close()

    def _take(self, number: int, data: bytes) -> bytes:
        """Count what is complete; what is left."""
        whole, _, rest = data.rpartition(b"\n\n")
        found = whole.count(_FIGURE)
        self.counts[number] += found
        self.resyncs += whole.count(_RESYNC)
        if number < _TIMED and found:
            now = time.monotonic()
            self.told += [(int(code), now) for code in _CODE.findall(whole)]
        return rest


@dataclass(frozen=True, slots=True)
class _Run:
    readers: int
    figures: int
    missed: int
    resyncs: int
    seconds: float
    milliseconds: dict[str, float]
    memory_mb: tuple[float, float]
    cpu_seconds: dict[str, float]
    others_cores: float
    wrong: list[str]


async def stream(console: Console, stand: Stand, options: argparse.Namespace) -> Report:
    """All readers, then the figures."""
    await create_topics(stand.kafka.bootstrap_servers, TOPICS, PREFIX)
    database = await prepare(stand, "notifier", PREFIX)
    settings = {"SPPLUS_NOTIFIER_STREAM_CLIENTS": str(options.readers + 10)}
    async with serving(stand, "notifier", PREFIX, database=database, settings=settings) as service:
        await until_ready(service)
        with console.status(f"Telling {options.readers:,} readers of {options.stream_rate} figures a second"):
            run = await _run(stand, service, options)
    return _report(run, options)


async def _run(stand: Stand, service: RunningService, options: argparse.Namespace) -> _Run:
    readers = _Readers([0] * options.readers)
    tasks = await _connect(readers, service, options.readers)
    memory = gauge.resident_mb(service.pid)
    reading, machine, began = gauge.read({"notifier": service.pid} | stand.pids), gauge.Machine(), time.monotonic()
    try:
        due = await _publish(stand, options.stream_rate, options.stream_rate * options.seconds)
        await _all_told(readers, len(due))
        lasted, cpu, others = time.monotonic() - began, reading.since(), machine.others_cores()
        ended = readers.ended
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    missed = sum(max(0, len(due) - count) for count in readers.counts)
    wrong = [f"{ended} streams ended"] if ended else []
    if missed and not readers.resyncs:
        wrong.append(f"{missed} figures missed without a word")
    if twice := sum(max(0, count - len(due)) for count in readers.counts):
        wrong.append(f"{twice} figures told twice")
    return _Run(
        options.readers,
        len(due),
        missed,
        readers.resyncs,
        lasted,
        percentiles([at - due[number] for number, at in readers.told]),
        (memory, gauge.resident_mb(service.pid)),
        cpu,
        others,
        wrong,
    )


async def _connect(readers: _Readers, service: RunningService, count: int) -> list[asyncio.Task[None]]:
    tasks: list[asyncio.Task[None]] = []
    began = time.monotonic()
    while readers.listening < count:
        if len(tasks) < min(count, readers.listening + _AT_ONCE):
            tasks.append(asyncio.create_task(readers.listen(len(tasks), service.url)))
            continue
        if time.monotonic() - began > _SECONDS_TO_CONNECT:
            raise BenchError(f"{readers.listening} of {count} readers could connect")
        await asyncio.sleep(0.01)
    return tasks


async def _publish(stand: Stand, rate: int, count: int) -> list[float]:
    """Put so many figures on the topic on the clock; when each was due."""
    topic, due, sent = PREFIX + INDICATOR_COMPUTED.name, [], []
    async with AIOKafkaProducer(bootstrap_servers=stand.kafka.bootstrap_servers, acks="all") as producer:
        began = time.monotonic()
        for number in range(count):
            due.append(began + number / rate)
            await asyncio.sleep(max(0.0, due[-1] - time.monotonic()))
            figure = a_figure(structure_code=f"s{number}", provisional=True)
            headers = an_envelope(figure).headers()
            sent.append(await producer.send(topic, figure.to_json(), key=figure.key.encode(), headers=headers))
        await asyncio.gather(*sent)
    return due


async def _all_told(readers: _Readers, count: int) -> None:
    """Wait until all are told of everything, or of nothing more for long."""
    reached, since = -1, time.monotonic()
    while min(readers.counts) < count and time.monotonic() - since < _PATIENCE_SECONDS:
        if (now := sum(readers.counts)) != reached:
            reached, since = now, time.monotonic()
        await asyncio.sleep(0.05)


def _report(run: _Run, options: argparse.Namespace) -> Report:
    columns = (
        "readers",
        "figures",
        "right",
        "missed",
        "resyncs",
        "told p50 ms",
        "p95",
        "max",
        "MB",
        "CPU cores",
        "others",
    )
    row = [
        f"{run.readers:,}",
        f"{run.figures:,}",
        correctness(run.wrong),
        f"{run.missed:,}",
        f"{run.resyncs:,}",
        *(f"{run.milliseconds.get(mark, 0):,.0f}" for mark in ("p50", "p95", "max")),
        "{:,.0f} -> {:,.0f}".format(*run.memory_mb),
        "+".join(f"{seconds / run.seconds:.2f}" for seconds in run.cpu_seconds.values()),
        f"{run.others_cores:.1f}",
    ]
    goals = [
        Goal("p95 from IndicatorComputed to the reader, ms", run.milliseconds.get("p95", 0), GOAL_MS, at_most=True),
        Goal("growth of memory, percent", change(*run.memory_mb), GOAL_GROWTH, at_most=True),
    ]
    title = f"{options.stream_rate} figures a second told to {options.readers:,} readers"
    return Report("stream", title, columns, [row], _LEGEND, goals, run.wrong, [asdict(run)])
