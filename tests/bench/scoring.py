"""The indicators service over the load: from Kafka until every published figure is right."""

import asyncio
import gc
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import asyncpg

from spplus_contracts import Envelope, StructureDeclared
from spplus_contracts.topics import FEEDBACK_SUBMITTED, STRUCTURE_DECLARED
from spplus_embedded.expected import differences
from spplus_embedded.fold import fold
from tests.bench import gauge
from tests.bench.bus import Publication, fill, watching
from tests.bench.load import Load, Message
from tests.bench.results import Throughput
from tests.bench.service import RunningService, prepare, serving
from tests.bench.stand import BenchError, Stand

Judge = Callable[[Publication], list[str]]
"""What is still wrong with a publication."""
_TIMEOUT_SECONDS = 600.0
_QUIET_SECONDS = 1.5
_SCORED = "SELECT coalesce(sum(next_offset), 0)::bigint FROM consumer_offsets WHERE topic = $1"
_WAITING = """
SELECT (SELECT count(*) FROM marks) + (SELECT count(*) FROM publication_queue) + (SELECT count(*) FROM outbox)
"""


def judge_of(load: Load, now: datetime) -> Judge:
    """The judge that folds the load by itself and compares every figure."""
    told = [(_envelope_of(structure.code, now), structure) for structure in load.structures]
    expected = fold([*told, *load.events], now)
    # The load stays until the end: nobody need look through it again while others are measured.
    gc.collect()
    gc.freeze()
    return lambda seen: differences(expected, seen.figures()) if seen.latest else ["no figure was published"]


async def declare(stand: Stand, prefix: str, structures: list[StructureDeclared]) -> None:
    """Write the tree to its topic, as feedback does."""
    now = datetime.now(UTC)
    declarations = [
        Message(each.key.encode(), each.to_json(), [*_envelope_of(each.code, now).headers()]) for each in structures
    ]
    await fill(stand.kafka.bootstrap_servers, prefix + STRUCTURE_DECLARED.name, declarations)


async def run_indicators(
    stand: Stand, load: Load, prefix: str, judge: Judge, *, replicas: int = 1, database: str | None = None
) -> Throughput:
    """Indicators processes over the load that stands on the topic."""
    total = len(load.messages)
    async with AsyncExitStack() as stack:
        seen = await stack.enter_async_context(watching(stand.kafka.bootstrap_servers, prefix))
        database = database or await prepare(stand, "indicators", prefix)
        connection = await asyncpg.connect(database)
        stack.push_async_callback(connection.close)
        services = await _start(stack, stand, prefix, database, replicas)
        started = await _first_scored(services, connection)
        reading = gauge.read({"process": services[0].pid} | stand.pids)
        more = [gauge.read({"process": service.pid}) for service in services[1:]]
        machine = gauge.Machine()
        scored_at = await until_scored(services, connection, total)
        wrong = await until_right(services, connection, seen, judge)
        cpu, others = reading.since(), machine.others_cores()
        cpu["process"] += sum(each.since()["process"] for each in more)
        memory = {"process": max(gauge.peak_mb(service.pid) for service in services)}
        memory["postgresql"] = gauge.memory_mb(stand.pids["postgresql"])
        wrong += await leftovers(connection, load.malformed)
    notes = {
        "published_seconds": round(max(0.001, seen.last_at - started), 3),
        "published_per_second": round(total / max(0.001, seen.last_at - started), 1),
        "figures": len(seen.latest),
        "revisions": seen.records,
    }
    name = "spplus-indicators" + (f" x {replicas}" if replicas > 1 else "")
    return Throughput(name, total, scored_at - started, cpu, memory, others, wrong, notes)


async def _start(
    stack: AsyncExitStack, stand: Stand, prefix: str, database: str, replicas: int
) -> list[RunningService]:
    contexts = [
        serving(stand, "indicators", prefix, database=database, instance=str(number + 1)) for number in range(replicas)
    ]
    return list(await asyncio.gather(*map(stack.enter_async_context, contexts)))


def _envelope_of(code: str, now: datetime) -> Envelope:
    return Envelope(f"declared-{code}", "spplus", StructureDeclared.TYPE, now, code)


async def scored(connection: asyncpg.Connection) -> int:
    """Records of the feedback topic that are in the ledger for sure."""
    return int(await connection.fetchval(_SCORED, FEEDBACK_SUBMITTED.name))


async def _first_scored(services: list[RunningService], connection: asyncpg.Connection) -> float:
    """When the first began to read: it had joined its group, or had already committed something."""
    while True:
        now = time.time()
        if await scored(connection) or any([await service.ready() for service in services]):
            return now
        if not all(service.pid for service in services):
            raise BenchError("an indicators process ended")
        await asyncio.sleep(0.02)


async def until_scored(services: list[RunningService], connection: asyncpg.Connection, total: int) -> float:
    """When so many records were scored; at the latest when patience ends."""
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while time.monotonic() < deadline and all(service.pid for service in services):
        now = time.time()
        if await scored(connection) >= total:
            return now
        await asyncio.sleep(0.05)
    return time.time()


async def until_right(
    services: list[RunningService], connection: asyncpg.Connection, seen: Publication, judge: Judge
) -> list[str]:
    """Wait until nothing waits and the publication is quiet, then judge; what is still wrong when patience ends."""
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    wrong = ["it did not come to rest"]
    for _ in range(3):
        while not await _at_rest(connection, seen):
            if time.monotonic() > deadline or not all(service.pid for service in services):
                return wrong
        wrong = judge(seen)
        if not wrong:
            break
    return wrong


async def _at_rest(connection: asyncpg.Connection, seen: Publication) -> bool:
    records = seen.records
    await asyncio.sleep(_QUIET_SECONDS)
    return records == seen.records and not await connection.fetchval(_WAITING)


async def leftovers(connection: asyncpg.Connection, malformed: int) -> list[str]:
    """What is wrong with the dead letters."""
    refused = await connection.fetchval("SELECT count(*) FROM dead_letters")
    return [] if refused == malformed else [f"{refused} dead letters, expected {malformed}"]
