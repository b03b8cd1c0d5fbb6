"""What the service is compared with: programs of their own over the same load, each judged by what it published."""

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient

from spplus_embedded.process import Child
from tests.bench import gauge
from tests.bench.bus import last_values
from tests.bench.counts import Counts, differences
from tests.bench.results import Throughput
from tests.bench.stand import BenchError, Stand

COMPARATORS = Path(".spplus/comparators/bin/python")
"""An environment of its own, made by `bootstrap.sh bench`."""
_TIMEOUT_SECONDS = 900.0
_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Contender:
    """A program that counts. It prints `{"started": time}` at the first record."""

    name: str
    module: str
    options: dict[str, str]
    flags: tuple[str, ...] = ()
    group: str | None = None
    """It has ended when this group stands at the end of the topic; without one it prints `{"ended": time}`."""
    python: Path = field(default_factory=lambda: Path(sys.executable))


async def floor(stand: Stand, total: int, *, pipelined: bool) -> Contender:
    """The bare floor."""
    options = {"database": await stand.make_database(), "total": str(total)}
    return Contender(
        "floor, pipelined" if pipelined else "floor, plain",
        "tests.bench.floor",
        options,
        ("--pipelined",) if pipelined else (),
    )


def quix(stand: Stand) -> Contender:
    """Quix Streams, exactly-once."""
    if not COMPARATORS.exists():
        raise BenchError(f"{COMPARATORS} is missing: run `make bench`, which makes it")
    options = {"group": "bench-quix", "state": str(stand.directory / "quix")}
    return Contender("Quix Streams", "tests.bench.quix", options, group="bench-quix", python=COMPARATORS.absolute())


async def per_message(stand: Stand) -> Contender:
    """FastStream, one transaction an event."""
    options = {"database": await stand.make_database(), "group": "bench-per-message"}
    return Contender("FastStream per message", "tests.bench.per_message", options, group="bench-per-message")


async def run(stand: Stand, contender: Contender, topic: str, target: str, total: int, expected: Counts) -> Throughput:
    """Run it over the records that stand on `topic`; its results go to `target`."""
    options = {"kafka": stand.kafka.bootstrap_servers, "topic": topic, "target": target} | contender.options
    arguments = [part for key, value in options.items() for part in (f"--{key}", value)]
    command = [str(contender.python), "-m", contender.module, *arguments, *contender.flags]
    child = Child(contender.module.rpartition(".")[2] + "-" + target, command, stand.directory)
    await child.start()
    try:
        started = await _said(child, "started")
        reading = gauge.read({"process": _pid(child)} | stand.pids)
        machine = gauge.Machine()
        ended = await _ended(child, stand, contender, total)
        used, others = reading.since(), machine.others_cores()
        memory = {"process": gauge.peak_mb(_pid(child)), "postgresql": gauge.memory_mb(stand.pids["postgresql"])}
    finally:
        await child.stop(grace_seconds=10)
    published = await last_values(stand.kafka.bootstrap_servers, target)
    wrong = differences(expected, published)
    return Throughput(contender.name, total, ended - started, used, memory, others, wrong)


def _pid(child: Child) -> int:
    if child.pid is None:
        raise BenchError(f"{child.name} ended: {child.log.read_text()[-3000:]}")
    return child.pid


async def _said(child: Child, what: str) -> float:
    """When it said that; it is read often, so that nothing else is measured."""
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while time.monotonic() < deadline and _pid(child):
        for line in child.log.read_text().splitlines():
            if line.startswith("{") and what in (told := json.loads(line)):
                return float(told[what])
        await asyncio.sleep(_POLL_SECONDS)
    raise BenchError(f"{child.name} did not say {what!r}: {child.log.read_text()[-3000:]}")


async def _ended(child: Child, stand: Stand, contender: Contender, total: int) -> float:
    """When it said so, or its group stood at the end of the topic: whatever it did before is committed."""
    if contender.group is None:
        return await _said(child, "ended")
    admin = AIOKafkaAdminClient(bootstrap_servers=stand.kafka.bootstrap_servers)
    await admin.start()
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    try:
        while time.monotonic() < deadline and _pid(child):
            now = time.time()
            offsets = await admin.list_consumer_group_offsets(contender.group)
            if sum(max(0, each.offset) for each in offsets.values()) >= total:
                return now
            await asyncio.sleep(_POLL_SECONDS)
    finally:
        await admin.close()
    raise BenchError(f"{child.name} did not end within {_TIMEOUT_SECONDS:.0f} s")
