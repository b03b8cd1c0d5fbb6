"""Several scoring processes on one small platform: starting, stopping in the middle of something, looking at them."""

import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx

from spplus_contracts import IndicatorComputed, unwrap
from spplus_contracts.topics import INDICATOR_COMPUTED
from spplus_contracts.vocabulary import PeriodKind
from spplus_embedded.service_process import ServiceProcess
from tests.support.small_platform import ENVIRONMENT, SmallPlatform
from tests.support.waiting import eventually

SESSION_SECONDS = {"SPPLUS_INDICATORS_CONSUMER_SESSION_TIMEOUT_SECONDS": "6"}
"""The least that Kafka allows."""
ROLES = ("indicators-publisher", "indicators-relay")
_BLOCKED = """
SELECT count(*) FROM pg_locks JOIN pg_class ON pg_class.oid = pg_locks.relation
WHERE NOT granted AND relname = $1
    AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_FIGURES = """
SELECT structure_code, indicator_code, period_kind, period_start, revision, status, n, value FROM figures
"""


@asynccontextmanager
async def replica(it: SmallPlatform, name: str) -> AsyncIterator[ServiceProcess]:
    """One more scoring process; the first one, the platform's own, is named 1."""
    process = ServiceProcess("indicators", it.folder / f"replica-{name}")
    mine = {"SPPLUS_INDICATORS_INSTANCE": name}
    process.environment = ENVIRONMENT | it.environment | it.platform.environment() | mine
    await process.start()
    try:
        yield process
    finally:
        await process.stop()


async def holder(it: SmallPlatform, role: str) -> str | None:
    """The instance that holds a role; none while nobody does."""
    rows = await it.query(
        "indicators",
        f"SELECT split_part(holder, '/', 1) FROM leases WHERE name = '{role}' AND expires_at > clock_timestamp()",
    )
    return rows[0][0] if rows else None


async def taken_over(it: SmallPlatform, role: str, by: set[str]) -> str:
    """Wait until one of these instances holds a role; returns which."""

    async def held() -> str | None:
        found = await holder(it, role)
        return found if found in by else None

    return await eventually(held, f"{role} to be held by one of {by}", seconds=40)


async def reads_along(process: ServiceProcess) -> bool:
    """Whether a replica has taken records from the bus."""
    async with httpx.AsyncClient(trust_env=False) as client:
        text = (await client.get(f"{process.address}/metrics", timeout=5)).text
    return any(
        float(number) > 0 for number in re.findall(r"^spplus_records_consumed_total\{.*\} (\S+)$", text, re.MULTILINE)
    )


@asynccontextmanager
async def table_locked(it: SmallPlatform, table: str) -> AsyncIterator[asyncpg.Connection]:
    """Let nobody write to a table while the block runs: who tries stops in the middle of its transaction."""
    connection = await asyncpg.connect(it.platform.database_url("indicators"))
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
            yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def paused_while_writing(it: SmallPlatform, table: str) -> AsyncIterator[None]:
    """Stop the platform's own replica in the middle of writing to a table; at the end let it go on."""
    async with table_locked(it, table) as connection:

        async def blocked() -> int:
            return await connection.fetchval(_BLOCKED, table)

        await eventually(blocked, f"somebody to write to {table}")
        it.platform.send("indicators", signal.SIGSTOP)
    try:
        yield
    finally:
        it.platform.send("indicators", signal.SIGCONT)


async def told(it: SmallPlatform) -> list[IndicatorComputed]:
    """Everything on the topic of figures; of one key, in the order in which it was told."""
    records = await it.records(INDICATOR_COMPUTED.name)
    return [IndicatorComputed.read_json(unwrap(record.headers, record.value)[1]) for record in records]


async def contradictions(it: SmallPlatform) -> list[str]:
    """Where the topic, read from zero, goes back on itself or ends elsewhere than the database stands."""
    latest: dict[str, IndicatorComputed] = {}
    lines = []
    for figure in await told(it):
        before = latest.get(figure.key)
        if before is not None and before.revision >= figure.revision:
            lines.append(f"{figure.key}: revision {figure.revision} was told after {before.revision}")
        latest[figure.key] = figure
    ends = {key: (each.revision, str(each.status), each.n, each.value) for key, each in latest.items()}
    stands = {_key(row): tuple(row)[4:] for row in await it.query("indicators", _FIGURES)}
    unlike = [key for key in ends.keys() | stands.keys() if ends.get(key) != stands.get(key)]
    return lines + [f"{key}: the topic ends with {ends.get(key)}, the database has {stands.get(key)}" for key in unlike]


def _key(row: asyncpg.Record) -> str:
    start = "latest" if row["period_kind"] == PeriodKind.ROLLING_12 else row["period_start"].isoformat()
    return f"{row['structure_code']}|{row['indicator_code']}|{row['period_kind']}|{start}"
