"""Snapshots: the figures exactly as they stood published at an instant, printed, exported, kept by name, compared."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from spplus_chassis.database import Connection, Pool
from spplus_contracts import IndicatorComputed
from spplus_contracts.envelope import instant_text
from spplus_contracts.indicators import Interval, Period
from spplus_indicators import history_queries, history_repository
from spplus_indicators.figures import LATEST, Revision, event_of
from spplus_indicators.history_queries import Snapshot
from spplus_indicators.periods import PARIS, end_of_day
from spplus_indicators.reports import Report
from spplus_indicators.restoration_repository import lock_publisher

_NAME: Final = re.compile(r"[a-z][a-z0-9._-]{0,62}")
_TICK: Final = timedelta(microseconds=1)
_KEY: Final = ("structure_code", "indicator_code")
FIGURE_COLUMNS: Final = (
    *_KEY,
    *(f"period.{name}" for name in Period.model_fields),
    *(name for name in IndicatorComputed.model_fields if name not in {*_KEY, "period", "interval"}),
    *(f"interval.{name}" for name in Interval.model_fields),
    "exact",
)
"""Columns of an exported figure: those of the event, and whether it surely stood."""
_COMPARED: Final = ("revision", "period_end", "status", "n", "value", "provisional", "method_version")
CHANGE_COLUMNS: Final = (
    *_KEY,
    "period_kind",
    "period_start",
    *(f"{side}_{name}" for side in ("before", "after") for name in (*_COMPARED, "computed_at")),
)
"""Columns of a difference between two instants."""


class SnapshotRefused(Exception):  # noqa: N818 - says what the operator asked for and cannot have
    """The question cannot be answered; the message says why."""


class Summary(NamedTuple):
    """What a reader of a snapshot must know about it."""

    figures: int
    inexact: int
    """Figures of an open period of which another revision of the same day may have stood: thinned, or lost."""
    forgotten: int
    """Figures that may have stood and of which nothing so early is kept."""


class Comparison(NamedTuple):
    """How many figures differ between two instants."""

    appeared: int
    changed: int


def instant_of(text: str) -> datetime | None:
    """The instant that a text names: ISO 8601, without an offset Paris time; a date alone is the end of that day.

    None where the text is no instant.
    """
    try:
        if len(text) == len("2026-01-01"):
            return end_of_day(date.fromisoformat(text)) - _TICK
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=PARIS)


async def resolve(pool: Pool, text: str, now: datetime) -> datetime:
    """The instant meant by a name or an instant. Raises `SnapshotRefused`."""
    instant = instant_of(text)
    if instant is None:
        async with pool.acquire() as connection:
            instant = await history_queries.snapshot_instant(connection, text)
        if instant is None:
            raise SnapshotRefused(f"{text} is neither an instant (2026-11-23T12:00:00+01:00) nor a kept snapshot")
    if instant > now:
        raise SnapshotRefused(f"{text} has not come yet")
    return instant


async def keep(pool: Pool, name: str, as_of: datetime) -> None:
    """Give an instant a name: what stood then survives thinning. Raises `SnapshotRefused`."""
    if not _NAME.fullmatch(name):
        raise SnapshotRefused("a name is a letter, then letters, digits, dots, dashes: all lower case, at most 63")
    async with pool.acquire() as connection, connection.transaction():
        if await history_repository.pin(connection, name, as_of):
            return
        if await history_queries.snapshot_instant(connection, name) != as_of:
            raise SnapshotRefused(f"{name} names another instant already")


async def drop(pool: Pool, name: str) -> None:
    """Forget a name. Raises `SnapshotRefused`."""
    async with pool.acquire() as connection:
        if not await history_repository.unpin(connection, name):
            raise SnapshotRefused(f"there is no snapshot {name}")


async def listed(pool: Pool) -> list[Snapshot]:
    """The snapshots that have a name."""
    async with pool.acquire() as connection:
        return await history_queries.snapshots(connection)


async def export(pool: Pool, as_of: datetime, structure: str | None, report: Report) -> Summary:
    """Write the figures that stood at an instant; memory stays bounded."""
    figures = inexact = 0
    async with _reading(pool) as connection:
        forgotten = await history_queries.forgotten_count(connection, as_of, structure)
        report.begin({"as_of": instant_text(as_of), "structure_code": structure}, FIGURE_COLUMNS)
        async for revision, exact in history_queries.standing(connection, as_of, structure):
            figures += 1
            inexact += not exact
            report.row(_told(revision) | {"exact": exact})
        summary = Summary(figures, inexact, forgotten)
        report.end(summary._asdict())
    return summary


async def compare(pool: Pool, before: datetime, after: datetime, structure: str | None, report: Report) -> Comparison:
    """Write which figures differ between two instants, from which revision to which."""
    appeared = changed = 0
    async with _reading(pool) as connection:
        about = {"before": instant_text(before), "after": instant_text(after), "structure_code": structure}
        report.begin(about, CHANGE_COLUMNS)
        async for earlier, later in history_queries.changes(connection, before, after, structure):
            if earlier is None or later is None:
                appeared += 1
            else:
                changed += 1
            report.row(_difference(earlier, later))
        comparison = Comparison(appeared, changed)
        report.end(comparison._asdict())
    return comparison


@asynccontextmanager
async def _reading(pool: Pool) -> AsyncIterator[Connection]:
    """One snapshot of the database, taken after the transaction that publishes now."""
    async with pool.acquire() as connection:
        # Outside a transaction: it waits for the one that publishes now, and keeps nothing.
        await lock_publisher(connection)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await connection.execute(history_queries.READ_AT_LEISURE)
            yield connection


def _told(revision: Revision) -> dict[str, Any]:
    """The event as it was published; what it left out is null, so that each row has the same columns."""
    event: dict[str, Any] = event_of(revision).model_dump(mode="json")
    return event


def _difference(before: Revision | None, after: Revision | None) -> dict[str, Any]:
    standing = before if after is None else after
    if standing is None:
        raise ValueError("one side must stand")
    structure, indicator, kind, start = standing.key
    row: dict[str, Any] = {
        "structure_code": structure,
        "indicator_code": indicator,
        "period_kind": kind,
        "period_start": "latest" if start == LATEST else str(start),
    }
    for side, revision in (("before", before), ("after", after)):
        figure = None if revision is None else revision.figure
        row |= {f"{side}_{name}": None if figure is None else _plain(getattr(figure, name)) for name in _COMPARED}
        row[f"{side}_computed_at"] = None if revision is None else instant_text(revision.computed_at)
    return row


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
