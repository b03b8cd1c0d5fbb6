"""Scoring on a real database, driven by hand: no bus, no background job, a clock that stands still."""

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import date, datetime

from spplus_chassis import outbox
from spplus_chassis.database import open_pool
from spplus_chassis.migrations import migrate
from spplus_chassis.records import Batch, Record
from spplus_contracts import Envelope, Event, IndicatorComputed
from spplus_embedded.expected import SURVEY_INDICATORS, Expected, Key
from spplus_indicators import jobs
from spplus_indicators.audit import audit
from spplus_indicators.canopy import Pace
from spplus_indicators.figures import Published, Revision, event_of, period_of
from spplus_indicators.publisher import Publisher
from spplus_indicators.subscribers import subscription
from spplus_indicators.thresholds import Thresholds
from tests.support.records import a_record

AT_ONCE = Pace(small_seconds=0, large_seconds=0, root_seconds=0, longer_seconds=0)

ANY_NUMBER = Thresholds(1)
"""However few answers there are, the figure is shown."""


class Scoring:
    """The scoring service without its bus."""

    def __init__(self, pool, now: datetime, *, pace: Pace = AT_ONCE, thresholds: Thresholds = ANY_NUMBER) -> None:
        self.pool = pool
        self.now = now
        self.thresholds = thresholds
        self.refused: list[tuple[Record, str]] = []
        self.publisher = Publisher(
            lambda: pool, clock=lambda: self.now, thresholds=thresholds, pace=pace, on_published=lambda: None
        )
        self._subscription = subscription(clock=lambda: self.now, after_commit=lambda _: None)

    async def take(self, *told: Event | tuple[Envelope, Event], die: type[Exception] | None = None) -> None:
        """One batch in one transaction, as the delivery does; `die` raises before the commit."""
        await self.take_records(*(record_of(each, number) for number, each in enumerate(told)), die=die)

    async def take_records(self, *records: Record, die: type[Exception] | None = None) -> None:
        """The same from raw records."""
        batch = Batch(records)
        prepared = self._subscription.prepare(batch)
        async with self.pool.acquire() as connection, connection.transaction():
            await self._subscription.apply(connection, batch, prepared)
            if die is not None:
                raise die
        self.refused += [(refusal.record, refusal.reason) for refusal in batch.refusals]

    async def settle(self, now: datetime | None = None) -> None:
        """Let the clock's jobs run as of now."""
        self.now = now or self.now
        await jobs.turn_day(self.pool, self.now)
        await jobs.sweep(self.pool, self.now)

    async def publish(self) -> int:
        """Publish all that waits; returns how many revisions were written."""
        written = 0
        while True:
            folded = await self.publisher.fold_marks()
            taken, revisions = await self.publisher.publish()
            written += revisions
            if not folded and not taken:
                return written

    async def figures(self) -> dict[Key, Expected]:
        """What stands, in the words of the judge."""
        rows = await self.pool.fetch("SELECT * FROM figures")
        return {
            Key(row["structure_code"], row["indicator_code"], row["period_kind"], _start(row)): Expected(
                row["status"],
                row["n"],
                row["value"],
                row["numerator"],
                row["denominator"],
                None if row["interval_low"] is None else (row["interval_low"], row["interval_high"]),
            )
            for row in rows
        }

    async def value(
        self, indicator: str, start: date = date(2026, 3, 1), *, structure: str = "12345", kind: str = "month"
    ) -> float | None:
        """The value of one figure; none where it has none or does not exist."""
        return await self.pool.fetchval(
            "SELECT value FROM figures WHERE indicator_code = $1 AND period_start = $2 AND structure_code = $3 "
            "AND period_kind = $4",
            indicator,
            start,
            structure,
            kind,
        )

    async def audit(self) -> list[str]:
        """What an audit finds."""
        return [str(each) for each in await audit(self.pool, thresholds=self.thresholds)]

    async def told(self) -> list[IndicatorComputed]:
        """Every revision in the outbox, in order."""
        rows = await self.pool.fetch("SELECT payload FROM outbox ORDER BY seq")
        return [IndicatorComputed.read_json(row["payload"]) for row in rows]

    async def standing(self) -> list[IndicatorComputed]:
        """The figures of the table as the events that told them."""
        rows = await self.pool.fetch(
            "SELECT structure_code, indicator_code, period_kind, period_start, revision, status, n, value, numerator, "
            "denominator, interval_low, interval_high, method_version, provisional, period_end, computed_at "
            "FROM figures"
        )
        return [event_of(Revision(tuple(row[:4]), Published(*row[4:15]), row[15])) for row in rows]

    async def cells(self) -> dict[tuple, int]:
        """The tallies that are not 0."""
        rows = await self.pool.fetch("SELECT structure_code, month, own FROM tallies")
        return {
            (row["structure_code"], row["month"], measure): count
            for row in rows
            for measure, count in json.loads(row["own"]).items()
            if count
        }

    async def ledger(self) -> list[tuple]:
        """The ledger, whole, with the statements of a row in a fixed order."""
        rows = await self.pool.fetch("SELECT * FROM ledger ORDER BY request_source, request_id")
        return [tuple(sorted(value) if name == "statements" else value for name, value in row.items()) for row in rows]


def _start(row) -> date:
    """The first day of a figure's period; under the key of the rolling window stands none."""
    key = (row["structure_code"], row["indicator_code"], row["period_kind"], row["period_start"])
    return period_of(key, row["period_end"]).start


def record_of(told: Event | tuple[Envelope, Event], number: int) -> Record:
    """A record of an event; without an envelope of its own it gets a new id."""
    if isinstance(told, tuple):
        envelope, event = told
        return a_record(event, offset=number, headers=tuple(envelope.headers()))
    return a_record(told, offset=number, envelope={"id": outbox.new_id()})


@asynccontextmanager
async def scoring(database_url: str, now: datetime, **options) -> AsyncIterator[Scoring]:
    """Scoring on an empty database with its tables."""
    await migrate(database_url, "spplus_indicators")
    pool = await open_pool(database_url, 4)
    try:
        await pool.execute("UPDATE progress SET swept_until = $1", now)
        yield Scoring(pool, now, **options)
    finally:
        await pool.close()


def differences(found: dict[Key, Expected], expected: dict[Key, Expected]) -> list[str]:
    """Figures that differ; one that fell to nothing may stand with n = 0 where the judge says nothing."""
    found = {key: figure for key, figure in found.items() if key.indicator_code not in SURVEY_INDICATORS}
    wrong = [
        f"{key}: {found.get(key)} is not {figure}"
        for key, figure in expected.items()
        if not _same(found.get(key), figure)
    ]
    needless = [f"{key}: {figure} is not expected" for key, figure in found.items() if key not in expected and figure.n]
    return wrong + needless


def _same(found: Expected | None, expected: Expected) -> bool:
    if found is None or (found.status, found.n) != (expected.status, expected.n):
        return False
    pairs: Iterable = [
        (found.value, expected.value),
        (found.numerator, expected.numerator),
        (found.denominator, expected.denominator),
        *zip(found.interval or (None, None), expected.interval or (None, None), strict=True),
    ]
    return all((a is None) == (b is None) and (a is None or abs(a - b) < 1e-9) for a, b in pairs)
