"""Spreading the log of changes over the webhooks: what each asked for waits for it, the newest revision of a figure."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from asyncpg import Record

from spplus_chassis.database import Connection, Pool
from spplus_notifier.webhooks.interest import Changed, Interest, Interests

PAGE_CHANGES: Final = 2_000
_BEHIND: Final = "SELECT reached_seq < last_seq FROM webhook_fan_out, change_log"
_REACHED: Final = """
SELECT reached_seq, last_seq FROM webhook_fan_out, change_log FOR UPDATE OF webhook_fan_out SKIP LOCKED
"""
_CHANGES: Final = """
SELECT c.seq, c.figure_key, f.structure_code, f.indicator_code, f.period_kind, f.engagements
FROM changes AS c JOIN figures AS f USING (figure_key)
WHERE c.seq > $1 AND c.seq <= $2 ORDER BY c.seq LIMIT $3
"""
_ABOVE: Final = """
WITH RECURSIVE up (code, above, height) AS (
    SELECT code COLLATE "C", code COLLATE "C", 0 FROM unnest($1::text[]) AS code
    UNION
    SELECT up.code, link.parent_code, up.height + 1
    FROM up JOIN structure_parents AS link ON link.code = up.above
    WHERE link.valid_from <= $2 AND (link.valid_to IS NULL OR link.valid_to > $2)
      AND link.parent_code IS NOT NULL AND up.height < 20
)
SELECT code, array_agg(DISTINCT above) AS above FROM up WHERE above <> code GROUP BY code
"""
_INTERESTS: Final = """
SELECT webhook_id::text, structure_code, indicator_code, engagement, period_kind FROM webhooks WHERE state = 'active'
"""
# In the order of the primary key: two writers of the same rows cannot wait for each other.
_WAIT: Final = """
INSERT INTO webhook_pending AS p (webhook_id, figure_key, seq)
SELECT w, k, max(s) FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS u (w, k, s) GROUP BY w, k ORDER BY w, k
ON CONFLICT (webhook_id, figure_key) DO UPDATE SET seq = greatest(p.seq, excluded.seq)
"""


async def is_behind(pool: Pool) -> bool:
    """Whether there are changes that were not spread yet: a cheap look, often taken."""
    return bool(await pool.fetchval(_BEHIND))


async def spread(connection: Connection, today: date) -> int | None:
    """Spread one page of changes, in the caller's transaction; how many there were, none where another is at it.

    The end of the log is read before the webhooks: whoever subscribed before a change is told of it.
    """
    place = await connection.fetchrow(_REACHED)
    if place is None:
        return None
    reached, last = place
    interests = Interests([_interest(*row) for row in await connection.fetch(_INTERESTS)])
    page: list[Changed] = []
    if interests:
        page = [changed_of(row) for row in await connection.fetch(_CHANGES, reached, last, PAGE_CHANGES)]
        await let_wait(connection, interests, page, today)
    now_reached = page[-1].seq if len(page) == PAGE_CHANGES else max(reached, last)
    await connection.execute("UPDATE webhook_fan_out SET reached_seq = $1", now_reached)
    return len(page)


async def let_wait(connection: Connection, interests: Interests, page: Sequence[Changed], today: date) -> int:
    """Put what each webhook asks for among what waits for it; returns how many rows. `today` is the day of the tree."""
    if not page:
        return 0
    above = await _above(connection, {change.structure_code for change in page}, today)
    rows = [(webhook, change.figure_key, change.seq) for change in page for webhook in interests.of(change, above)]
    if rows:
        await connection.execute(_WAIT, *map(list, zip(*rows, strict=True)))
    return len(rows)


async def _above(connection: Connection, codes: set[str], today: date) -> Mapping[str, Sequence[str]]:
    return {row["code"]: row["above"] for row in await connection.fetch(_ABOVE, sorted(codes), today)}


def _interest(webhook_id: str, *asked: str | None) -> tuple[str, Interest]:
    return webhook_id, Interest(*asked)


def changed_of(row: Record) -> Changed:
    """A row that names seq, key, structure, indicator, period kind and engagements, in this order."""
    seq, key, structure, indicator, kind, engagements = row
    return Changed(seq, key, structure, indicator, kind, frozenset(engagements))
