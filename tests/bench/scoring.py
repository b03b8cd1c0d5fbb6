"""The indicators service over the load: from Kafka until every published figure is right."""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime

import asyncpg

from spplus_contracts import Envelope, StructureDeclared
from spplus_contracts.topics import FEEDBACK_SUBMITTED, STRUCTURE_DECLARED
from spplus_embedded.expected import Expected, Key, differences
from spplus_embedded.fold import fold
from tests.bench import gauge
from tests.bench.bus import Publication, fill, watching
from tests.bench.load import Load, Message
from tests.bench.results import Throughput
from tests.bench.service import RunningService, serving
from tests.bench.stand import Stand

_TIMEOUT_SECONDS = 300.0
_QUIET_SECONDS = 1.5
_CONSUMED = "spplus_records_consumed_total"


def expected_figures(load: Load, now: datetime) -> dict[Key, Expected]:
    """What the judge says must be published."""
    told = [(_envelope_of(structure.code, now), structure) for structure in load.structures]
    return fold([*told, *load.events], now)


async def declare(stand: Stand, prefix: str, load: Load) -> None:
    """Write the tree to its topic, as feedback does."""
    now = datetime.now(UTC)
    declarations = [
        Message(each.key.encode(), each.to_json(), [*_envelope_of(each.code, now).headers()])
        for each in load.structures
    ]
    await fill(stand.kafka.bootstrap_servers, prefix + STRUCTURE_DECLARED.name, declarations)


async def run_indicators(stand: Stand, load: Load, prefix: str, expected: Mapping[Key, Expected]) -> Throughput:
    """One indicators process over the load that stands on the topic."""
    total = len(load.messages)
    async with watching(stand.kafka.bootstrap_servers, prefix) as seen:
        parts, machine = gauge.read(stand.pids), gauge.Machine()
        async with serving(stand, "indicators", prefix) as service:
            started = await _first_record(service)
            counted_at = await _all_consumed(service, total)
            wrong = await _until_right(service, seen, expected)
            cpu = gauge.read({"process": service.pid}).cpu_seconds | parts.since()
            memory = {"process": gauge.peak_mb(service.pid), "postgresql": gauge.memory_mb(stand.pids["postgresql"])}
            others = machine.others_cores()
            wrong += await _leftovers(service.database, load)
    return Throughput(
        "spplus-indicators",
        total,
        max(0.001, seen.last_at - started),
        cpu,
        memory,
        others,
        wrong,
        {
            "counted_seconds": round(counted_at - started, 3),
            "counted_per_second": round(total / (counted_at - started), 1),
            "figures": len(seen.latest),
            "revisions": seen.records,
        },
    )


def _envelope_of(code: str, now: datetime) -> Envelope:
    return Envelope(f"declared-{code}", "spplus", StructureDeclared.TYPE, now, code)


async def _first_record(service: RunningService) -> float:
    """When it began to read: it had joined its group, or had already committed something."""
    while True:
        now = time.time()
        if await service.ready() or await service.metric(_CONSUMED):
            return now
        await asyncio.sleep(0.02)


async def _all_consumed(service: RunningService, total: int) -> float:
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while time.monotonic() < deadline and service.pid:
        now = time.time()
        if await service.metric(_CONSUMED, topic=FEEDBACK_SUBMITTED.name) >= total:
            return now
        await asyncio.sleep(0.25)
    return time.time()


async def _until_right(service: RunningService, seen: Publication, expected: Mapping[Key, Expected]) -> list[str]:
    """Wait until the publication is quiet, then until it is right; what is still wrong at the end of patience."""
    wrong = ["no figure was published"]
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while wrong and time.monotonic() < deadline and service.pid:
        records = seen.records
        await asyncio.sleep(_QUIET_SECONDS)
        if records == seen.records and records:
            wrong = differences(expected, seen.figures())
            if wrong and await _drained(service):
                deadline = min(deadline, time.monotonic() + 20)
    return wrong


async def _drained(service: RunningService) -> bool:
    return await service.metric("spplus_marks_rows") == 0 and await service.metric("spplus_outbox_rows") == 0


async def _leftovers(database: str, load: Load) -> list[str]:
    connection = await asyncpg.connect(database)
    try:
        refused = await connection.fetchval("SELECT count(*) FROM dead_letters")
    finally:
        await connection.close()
    return [] if refused == load.malformed else [f"{refused} dead letters, expected {load.malformed}"]
