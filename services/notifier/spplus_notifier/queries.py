"""Reads of the publication: figures, the log of changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from spplus_chassis.database import Pool
from spplus_notifier.figure_key import key_range

_FIRST, _AFTER_LAST = "", "~"
"""Keys start with a letter or a digit, and ``~`` comes after all of them."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which figures are asked for; none means all."""

    structure_code: str | None = None
    indicator_code: str | None = None
    period_kind: str | None = None
    period_start: date | None = None
    status: str | None = None
    engagement: str | None = None


@dataclass(frozen=True, slots=True)
class StoredFigure:
    """One current figure."""

    key: str
    data: str
    """IndicatorComputed as JSON."""


@dataclass(frozen=True, slots=True)
class LoggedChange:
    """One line of the log of changes."""

    seq: int
    figure_key: str
    data: str | None
    """None where the figure was removed."""


@dataclass(frozen=True, slots=True)
class LogBounds:
    """What the log still tells."""

    last_seq: int
    complete_from: int


async def figures(pool: Pool, wanted: Filter, *, after: str | None, limit: int) -> list[StoredFigure]:
    """Current figures in the order of their keys, after the given key."""
    low, high = _FIRST, _AFTER_LAST
    if wanted.structure_code is not None:
        low, high = key_range(wanted.structure_code, wanted.indicator_code)
    conditions = ["removed_at IS NULL", "figure_key >= $1", "figure_key < $2", "figure_key > $3"]
    arguments: list[object] = [low, high, after or _FIRST]
    for condition, value in (
        ("indicator_code = $%d", wanted.indicator_code),
        ("period_kind = $%d", wanted.period_kind),
        ("period_start = $%d", wanted.period_start),
        ("status = $%d", wanted.status),
        ("$%d = ANY(engagements)", wanted.engagement),
    ):
        if value is not None:
            arguments.append(value)
            conditions.append(condition % len(arguments))
    arguments.append(limit)
    rows = await pool.fetch(
        f"SELECT figure_key, data FROM figures WHERE {' AND '.join(conditions)} "  # noqa: S608 - fixed texts only
        f"ORDER BY figure_key LIMIT ${len(arguments)}",
        *arguments,
    )
    return [StoredFigure(row["figure_key"], row["data"]) for row in rows]


async def figures_of_pages(pool: Pool, codes: Sequence[str], kinds: Sequence[str]) -> list[str]:
    """Data of the current figures of some structures, for some kinds of period."""
    rows = await pool.fetch(
        "SELECT f.data FROM unnest($1::text[]) AS wanted (code) "
        "JOIN figures AS f ON f.figure_key >= wanted.code || '|' AND f.figure_key < wanted.code || '}' "
        "WHERE f.removed_at IS NULL AND f.period_kind = ANY($2::text[]) ORDER BY f.figure_key",
        codes,
        kinds,
    )
    return [row["data"] for row in rows]


async def history(pool: Pool, figure_key: str, *, after: int, limit: int) -> list[LoggedChange]:
    """Revisions of one figure, the oldest first, after the given number of change."""
    rows = await pool.fetch(
        "SELECT seq, figure_key, data FROM changes WHERE figure_key = $1 AND seq > $2 AND data IS NOT NULL "
        "ORDER BY seq LIMIT $3",
        figure_key,
        after,
        limit,
    )
    return [LoggedChange(row["seq"], row["figure_key"], row["data"]) for row in rows]


async def changes(pool: Pool, *, after: int, limit: int) -> list[LoggedChange]:
    """Changes in the order of commit, after the given number."""
    rows = await pool.fetch(
        "SELECT seq, figure_key, data FROM changes WHERE seq > $1 ORDER BY seq LIMIT $2", after, limit
    )
    return [LoggedChange(row["seq"], row["figure_key"], row["data"]) for row in rows]


async def log_bounds(pool: Pool) -> LogBounds:
    """First and last number that a reader may rely on."""
    row = await pool.fetchrow("SELECT last_seq, complete_from FROM change_log")
    if row is None:
        raise RuntimeError("the change log has lost its only row")
    return LogBounds(row["last_seq"], row["complete_from"])


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
