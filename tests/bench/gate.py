"""How many events of other agencies' systems a second the gate judges and forwards."""

import argparse
import asyncio
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Final

import asyncpg
from aiokafka import AIOKafkaConsumer
from rich.console import Console

from spplus_chassis.topics import create_topics
from spplus_contracts.topics import TOPICS, inbound
from spplus_feedback.gate import CONSUMER
from spplus_feedback.sources import save_source
from spplus_feedback.structures_repository import declare_structures
from tests.bench import gauge
from tests.bench.bus import drop, fill
from tests.bench.inbound_load import SOURCES, InboundLoad, an_inbound_load
from tests.bench.results import Goal, Report, Throughput, correctness, wrong_of
from tests.bench.service import RunningService, prepare, serving
from tests.bench.stand import BenchError, Stand

PREFIX: Final = "gate."
_GOAL: Final = 10_000
_PATIENCE_SECONDS: Final = 120.0
_JUDGED: Final = f"""
SELECT coalesce(sum(next_offset), 0)::bigint FROM consumer_offsets WHERE consumer = '{CONSUMER}'
"""
_SENT: Final = "SELECT (NOT EXISTS (SELECT FROM outbox))::int"
_LEGEND = """\
judged/s: from the first record read until the last is judged and stands in the outbox or the dead letters. forwarded/s:
until the last is on its canonical topic. CPU us/event: process+PostgreSQL+Kafka, all of it, the reading of the answers
by the same process included. Others: cores that other programs used meanwhile; with more than a little, a run is a
lower bound. Right: each id that the register grants is on its topic once, each other record in the dead letters once
with its reason.
"""


async def gate(console: Console, stand: Stand, options: argparse.Namespace) -> Report:
    """One run over inbound topics that are full before the service starts."""
    with console.status("Making what the agencies say"):
        load = an_inbound_load(options.gate_events, options.offices, datetime.now(UTC))
    with console.status("Filling the inbound topics"):
        database = await _prepared(stand, load)
    with console.status("Forwarding"):
        run = await _run(stand, database, load)
    await drop(stand.kafka.bootstrap_servers, PREFIX)
    row = [run.name, correctness(run.wrong), f"{run.notes['judged_per_second']:,.0f}", f"{run.rate:,.0f}", run.cpu]
    row += [f"{run.memory_mb['process']:.0f}", f"{run.others_cores:.1f}"]
    size, refused = f"{load.mean_bytes:.0f} bytes", f"{load.refused.total():,} to refuse"
    return Report(
        "gate",
        f"{load.records:,} events of {SOURCES} systems, {size}; {refused}",
        ("run", "counts", "judged/s", "forwarded/s", "CPU us/event", "MB", "others"),
        [row],
        _LEGEND,
        [Goal("events forwarded a second", run.rate, _GOAL)],
        wrong_of([run]),
        [run.to_json()],
    )


async def _prepared(stand: Stand, load: InboundLoad) -> str:
    broker = stand.kafka.bootstrap_servers
    await create_topics(broker, [*TOPICS, *(inbound(source.code) for source in load.sources)], PREFIX)
    database = await prepare(stand, "feedback", PREFIX)
    connection = await asyncpg.connect(database)
    try:
        async with connection.transaction():
            await declare_structures(connection, load.structures, now=datetime.now(UTC))
            await connection.execute("DELETE FROM outbox")  # nobody listens
        for source in load.sources:
            await save_source(connection, source)
    finally:
        await connection.close()
    for source, messages in load.messages.items():
        await fill(broker, PREFIX + inbound(source).name, messages)
    return database


async def _run(stand: Stand, database: str, load: InboundLoad) -> Throughput:
    connection = await asyncpg.connect(database)
    try:
        async with serving(stand, "feedback", PREFIX, database=database) as service:
            started = await _begun(service, connection)
            reading, machine = gauge.read({"process": service.pid} | stand.pids), gauge.Machine()
            judged_at = await _until(service, connection, _JUDGED, load.records)
            forwarded_at = await _until(service, connection, _SENT, 1)
            cpu, others = reading.since(), machine.others_cores()
            memory = {"process": gauge.peak_mb(service.pid), "postgresql": gauge.memory_mb(stand.pids["postgresql"])}
        wrong = await _wrong(stand, connection, load)
    finally:
        await connection.close()
    notes = {"judged_per_second": round(load.records / (judged_at - started), 1)}
    return Throughput("gate", load.records, forwarded_at - started, cpu, memory, others, wrong, notes)


async def _begun(service: RunningService, connection: asyncpg.Connection) -> float:
    """When it began to read: it had joined its groups, or had already judged something."""
    while True:
        now = time.monotonic()
        if await connection.fetchval(_JUDGED) or await service.ready():
            return now
        if not service.pid:
            raise BenchError("the service ended")
        await asyncio.sleep(0.02)


async def _until(service: RunningService, connection: asyncpg.Connection, sql: str, goal: int) -> float:
    """When a number had reached its goal."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and service.pid:
        now = time.monotonic()
        if await connection.fetchval(sql) >= goal:
            return now
        await asyncio.sleep(0.05)
    raise BenchError(f"not reached within {_PATIENCE_SECONDS:.0f} s: {goal} by {sql}")


async def _wrong(stand: Stand, connection: asyncpg.Connection, load: InboundLoad) -> list[str]:
    """What came out otherwise than it must."""
    wrong = []
    for topic, expected in load.forwarded.items():
        found = await _ids(stand, PREFIX + topic)
        if found != Counter(expected):
            missing, more = Counter(expected) - found, found - Counter(expected)
            wrong.append(f"{topic}: {missing.total()} missing, {more.total()} too many")
    rows = await connection.fetch("SELECT reason, count(*) AS records FROM dead_letters GROUP BY reason")
    refused = Counter({row["reason"]: row["records"] for row in rows})
    return wrong if refused == load.refused else [*wrong, f"refused: {refused}, expected {load.refused}"]


async def _ids(stand: Stand, topic: str) -> Counter[str]:
    """Ids of the committed records of a topic."""
    options = {"isolation_level": "read_committed", "auto_offset_reset": "earliest"}
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=stand.kafka.bootstrap_servers, **options)
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        found: Counter[str] = Counter()
        while [place for place, end in ends.items() if await consumer.position(place) < end]:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found.update(dict(record.headers)["ce_id"].decode() for record in records)
    finally:
        await consumer.stop()
    return found
