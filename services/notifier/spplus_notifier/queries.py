"""Reads of the publication: figures, the log of changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from spplus_chassis.database import Pool, Reader
from spplus_contracts.vocabulary import PeriodKind


@dataclass(frozen=True, slots=True)
class LoggedChange:
    """One line of the log of changes."""

    seq: int
    figure_key: str
    data: str | None
    """None where the figure was removed."""
    engagements: tuple[str, ...] = ()
    """Commitments that the figure is about, by its newest revision."""


@dataclass(frozen=True, slots=True)
class LogBounds:
    """What the log still tells."""

    last_seq: int
    complete_from: int
    modified_at: datetime | None = None
    """A second that no other commit has; it may lie ahead of the clock after many commits. None before the first."""
    tree_version: int = 0
    """Grows whenever a structure is declared."""


async def figures_of_pages(reader: Reader, codes: Sequence[str], kinds: Sequence[str]) -> list[str]:
    """Data of the current figures of some structures, for some kinds of period."""
    rows = await reader.fetch(
        # In an order and with a limit, the index is read for each structure; else the planner may read the whole table.
        "SELECT found.data FROM unnest($1::text[]) AS wanted (code) CROSS JOIN LATERAL ("
        "SELECT figure_key, data FROM figures "
        "WHERE figure_key >= wanted.code || '|' AND figure_key < wanted.code || '}' "
        "AND removed_at IS NULL AND period_kind = ANY($2::text[]) ORDER BY figure_key LIMIT 20000"
        ") AS found ORDER BY found.figure_key",
        codes,
        kinds,
    )
    return [row["data"] for row in rows]


@dataclass(frozen=True, slots=True)
class Revision:
    """One line of a figure's history."""

    seq: int
    data: str | None
    """None where the figure was removed."""
    recorded_at: datetime


async def history(pool: Pool, figure_key: str, *, after: int, limit: int) -> list[Revision]:
    """So many revisions of one figure after the given number of change, the oldest first, with removals in between.

    Begins with what was kept before that number, if anything: what the first is compared with.
    """
    rows = await pool.fetch(_HISTORY, figure_key, after, limit)
    return [Revision(row["seq"], row["data"], row["recorded_at"]) for row in rows]


_HISTORY = """
WITH last AS (
    SELECT coalesce(max(seq), 9223372036854775807) AS seq FROM (
        SELECT seq FROM changes WHERE figure_key = $1 AND seq > $2 AND data IS NOT NULL ORDER BY seq LIMIT $3
    ) AS page
), before AS (
    SELECT coalesce(max(seq), 0) AS seq FROM changes WHERE figure_key = $1 AND seq <= $2 AND data IS NOT NULL
)
SELECT seq, data, recorded_at FROM changes
WHERE figure_key = $1 AND seq >= (SELECT seq FROM before) AND seq <= (SELECT seq FROM last)
ORDER BY seq
"""


async def changes(pool: Pool, *, after: int, limit: int) -> list[LoggedChange]:
    """Changes in the order of commit, after the given number."""
    rows = await pool.fetch(
        "SELECT c.seq, c.figure_key, c.data, f.engagements FROM changes AS c LEFT JOIN figures AS f USING (figure_key) "
        "WHERE c.seq > $1 ORDER BY c.seq LIMIT $2",
        after,
        limit,
    )
    return [LoggedChange(row["seq"], row["figure_key"], row["data"], tuple(row["engagements"] or ())) for row in rows]


async def log_bounds(reader: Reader) -> LogBounds:
    """First and last number that a reader may rely on."""
    row = await reader.fetchrow("SELECT last_seq, complete_from, modified_at, tree_version FROM change_log")
    if row is None:
        raise RuntimeError("the change log has lost its only row")
    return LogBounds(row["last_seq"], row["complete_from"], row["modified_at"], row["tree_version"])


async def first_day(pool: Pool) -> date | None:
    """First day of the first period that has a figure; one look at the index for each kind of period."""
    day: date | None = await pool.fetchval(_FIRST_DAY, [kind.value for kind in PeriodKind])
    return day


_FIRST_DAY = """
SELECT min(first.period_start) FROM unnest($1::text[]) AS kinds (kind) CROSS JOIN LATERAL (
    SELECT period_start FROM figures WHERE period_kind = kinds.kind AND removed_at IS NULL
    ORDER BY period_start, figure_key LIMIT 1
) AS first
"""


async def figures_at(
    pool: Pool, codes: Sequence[str], indicator_code: str, period_kind: str, start: str
) -> dict[str, str]:
    """Data of one indicator in one period, by structure; `start` is as in the keys."""
    rows = await pool.fetch(
        "SELECT f.structure_code, f.data FROM figures AS f "
        "JOIN unnest($1::text[]) AS wanted (code) ON f.figure_key = wanted.code || '|' || $2 || '|' || $3 || '|' || $4 "
        "WHERE f.removed_at IS NULL",
        codes,
        indicator_code,
        period_kind,
        start,
    )
    return {row["structure_code"]: row["data"] for row in rows}
