"""Deletes what is older than its setting allows: in batches, each with its trace, so that it may stop at any time."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from spplus_chassis import metrics
from spplus_chassis.database import Connection, Pool
from spplus_chassis.french import PARIS
from spplus_feedback import acts
from spplus_feedback.deadlines import paris_day
from spplus_feedback.privacy.rules import RULES, Rule, instants

_BATCH: Final = 500
_BEGIN: Final = """
INSERT INTO retention_runs (day, began_at) VALUES ($1, $2) ON CONFLICT (day) DO NOTHING RETURNING day
"""
Days = Mapping[str, float]
"""Days by the name of their setting; 0 keeps for ever."""


async def what_would_go(connection: Connection, days: Days, now: datetime) -> dict[str, int]:
    """How many of each kind are due."""
    return {rule.kind: await connection.fetchval(rule.count, *instants(rule, days, now)) for rule in RULES}


async def let_go(
    pool: Pool,
    days: Days,
    now: datetime,
    *,
    actor: str,
    tell: Callable[[str, int], None] = lambda _kind, _rows: None,
    batch: int = _BATCH,
) -> dict[str, int]:
    """Delete what is due. Interrupted, what is done stays done; the next run does the rest. Returns rows by kind."""
    gone = {}
    for rule in RULES:
        gone[rule.kind] = 0
        last: str | None = rule.first
        while last is not None:
            async with pool.acquire() as connection, connection.transaction():
                last, rows = await _next_batch(connection, rule, instants(rule, days, now), last, batch)
                if rows:
                    detail = {"kind": rule.kind, "rows": rows}
                    await acts.record(connection, acts.Act(actor, acts.Action.RETENTION_RUN, now, detail=detail))
            metrics.RETENTION_DELETED.labels(rule.kind).inc(rows)
            gone[rule.kind] += rows
            tell(rule.kind, rows)
    return gone


async def once_a_day(pool: Pool, days: Days, *, hour: int, clock: Callable[[], datetime]) -> dict[str, int] | None:
    """Delete what is due if today's hour has come and no process began today. Returns rows by kind, or none."""
    now = clock()
    day = paris_day(now)
    if now.astimezone(PARIS).hour < hour:
        return None
    async with pool.acquire() as connection:
        if await connection.fetchval(_BEGIN, day, now) is None:
            return None
    gone = await let_go(pool, days, now, actor=acts.PLATFORM)
    await pool.execute("UPDATE retention_runs SET ended_at = $2 WHERE day = $1", day, clock())
    return gone


async def _next_batch(
    connection: Connection, rule: Rule, before: list[datetime], last: str, batch: int
) -> tuple[str | None, int]:
    """The last key of the batch, or none after the last batch; and how many there were.

    A row that somebody holds is for the next run.
    """
    keys = [row[0] for row in await connection.fetch(rule.find, *before, last, batch)]
    for statement in rule.delete if keys else ():
        await connection.execute(statement, keys)
    return (keys[-1] if len(keys) == batch else None), len(keys)
