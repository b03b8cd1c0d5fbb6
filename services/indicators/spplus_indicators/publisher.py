"""From marks to published figures: one publisher at a time, woken by commits and by the clock.

Marks are folded into a queue by structure (ancestors included) and month; what has waited for its least interval is
computed from tallies read after the marks were, and told where it differs. A change is therefore late, never lost.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta

import structlog

from spplus_chassis import metrics, outbox
from spplus_chassis.database import UNREACHABLE, Connection, Pool
from spplus_chassis.lease import Lease, LeaseLost
from spplus_chassis.telemetry import describe
from spplus_indicators import disclosing, publication_repository, tallies_repository
from spplus_indicators.canopy import Canopy, Pace
from spplus_indicators.figures import LONGER_KINDS, Revision, Target, figures_at, places_of, reaches_of, revisions
from spplus_indicators.measures import NEEDS, family
from spplus_indicators.periods import day_of, month_of, rolling_12
from spplus_indicators.pooling import Counts, Place, pooled_over, spread
from spplus_indicators.restoration_repository import PUBLISHER
from spplus_indicators.telling import row_of
from spplus_indicators.thresholds import Thresholds

log = structlog.get_logger()

Clock = Callable[[], datetime]
_MARKS_AT_ONCE = 20_000
_ENDED_AT_ONCE = 2_000
_LEAST_REST_SECONDS = 0.02
_MOST_REST_SECONDS = 1.0
_BUSY_MARKS = 500
"""As many changes in one round come only while a backlog is read; a steady day brings a few dozen."""
_REST_SHARE = 4.0


class Publisher:
    """Turns marks into revisions; one publisher at a time."""

    def __init__(
        self,
        pool: Callable[[], Pool],
        *,
        clock: Clock,
        thresholds: Thresholds,
        pace: Pace,
        instance: str = "1",
        on_published: Callable[[], None] = lambda: None,
        held: Callable[[Connection], Awaitable[bool]] | None = None,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._thresholds = thresholds
        self._pace = pace
        self._instance = instance
        self._on_published = on_published
        self._held = held
        self._waits = False
        self._canopy = Canopy(pace)
        self._not_before: dict[tuple[str, bool], datetime] = {}
        self._wake = asyncio.Event()

    def wake(self, changed: object = True) -> None:  # noqa: FBT002 - called with the result of a batch
        """Look for marks now; call after a commit that changed tallies."""
        if changed:
            self._wake.set()

    async def run(self) -> None:
        """Publish until cancelled; on cancellation give the role away."""
        lease = Lease(self._pool(), PUBLISHER, self._instance)
        try:
            while True:
                try:
                    pause = await self._round(lease) if await lease.hold() else self._pace.poll_seconds
                except (LeaseLost, *UNREACHABLE) as error:
                    log.warning("publisher_retry", error=describe(error))
                    pause = self._pace.poll_seconds
                await self._rest(pause)
        finally:
            with contextlib.suppress(*UNREACHABLE):
                await lease.release()

    async def _round(self, lease: Lease) -> float:
        """Publish what may be published now; returns for how long to rest unless woken."""
        began = time.perf_counter()
        folded = await self.fold_marks(lease)
        taken, written = await self.publish(lease)
        seconds = time.perf_counter() - began
        if taken:
            metrics.PUBLISH_SECONDS.observe(seconds)
        if written:
            self._on_published()
        intake_is_busy = folded >= _BUSY_MARKS
        # Intake shares this process. While it is busy, rest longer than was worked: what waits is folded meanwhile.
        rest = min(_REST_SHARE * seconds, _MOST_REST_SECONDS) if intake_is_busy else 0.0
        await asyncio.sleep(max(_LEAST_REST_SECONDS, rest) if taken < self._pace.batch else rest)
        if taken >= self._pace.batch or folded == _MARKS_AT_ONCE:
            return 0.0
        return await self._until_next()

    async def _until_next(self) -> float:
        instant = await publication_repository.next_time(self._pool())  # type: ignore[arg-type] # a pool fetches too
        poll = self._pace.poll_seconds
        if instant is None or self._waits:
            return poll
        return min(poll, max(0.0, (instant - self._clock()).total_seconds()))

    async def _rest(self, seconds: float) -> None:
        if seconds > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), seconds)
        self._wake.clear()

    async def fold_marks(self, lease: Lease | None = None) -> int:
        """Add marks up, for each structure and its ancestors, and queue these; returns how many marks there were."""
        now = self._clock()
        async with self._pool().acquire() as connection, connection.transaction():
            await self._assert_held(lease, connection)
            await self._canopy.refresh(connection)
            marks = await tallies_repository.take_marks(connection, _MARKS_AT_ONCE)
            if marks:
                tree = self._canopy.tree
                differences = spread(marks, tree)
                unknown = {code for code, _ in differences.own if code not in tree}
                await publication_repository.note_undeclared(connection, sorted(unknown), now)
                await tallies_repository.add_up(connection, differences)
                await disclosing.restate(connection, tree, differences.own, day_of(now))
                await self._enqueue(connection, differences.pooled, now)
        return len(marks)

    async def _enqueue(self, connection: Connection, changed: dict[Place, Counts], now: datetime) -> None:
        tree = self._canopy.tree
        targets = {place: set(map(family, changed[place])) for place in sorted(changed) if place[0] in tree}
        times, longer_times = (
            [max(now, self._not_before.get((code, longer), now)) for code, _ in targets] for longer in (False, True)
        )
        await publication_repository.enqueue(connection, targets, times, longer_times)

    async def publish(self, lease: Lease | None = None) -> tuple[int, int]:
        """Publish targets whose time has come; returns how many there were and how many revisions they made."""
        now = self._clock()
        async with self._pool().acquire() as connection, connection.transaction():
            await self._assert_held(lease, connection)
            # Asked under the lease's row: whoever orders to wait locks it.
            self._waits = self._held is not None and await self._held(connection)
            if self._waits:
                return 0, 0
            await self._canopy.refresh(connection)  # since the marks were added up, another may have been declared
            targets = await publication_repository.dequeue(connection, now, self._pace.batch)
            if not targets:
                return 0, 0
            made = await self._revisions(connection, targets, now)
            if made:
                await publication_repository.save_figures(connection, made)
                await outbox.append(connection, [row_of(each) for each in made])
        self._note(targets, made, now)
        return len(targets), len(made)

    async def _revisions(self, connection: Connection, targets: Iterable[Target], now: datetime) -> list[Revision]:
        wanted = places_of(targets, rolling_12(now))
        pooled = await tallies_repository.pooled_of(connection, reaches_of(wanted))
        standing = await publication_repository.figures_of(connection, list(wanted))
        confided = await disclosing.figures(
            connection,
            wanted,
            standing,
            not_applicable=self._canopy.not_applicable,
            thresholds=self._thresholds,
            network_of=self._canopy.network_of,
        )
        made: list[Revision] = []
        for place, indicators in wanted.items():
            structure, kind, start = place.structure_code, str(place.span.kind), place.key_start
            figures = figures_at(
                indicators,
                pooled_over(pooled.get(structure, {}), place.span),
                collected=[code for code in indicators if (structure, code, kind, start) in standing],
                not_applicable=self._canopy.not_applicable.get(structure, frozenset()),
                thresholds=self._thresholds,
                network=self._canopy.network_of(structure),
            )
            made += revisions(place, figures | confided.get(place, {}), standing, now)
        return made

    def _note(self, targets: Sequence[Target], made: Sequence[Revision], now: datetime) -> None:
        for target in targets:
            code, longer = target.structure_code, target.kinds == LONGER_KINDS
            interval = self._canopy.interval_seconds(code, longer=longer)
            self._not_before[code, longer] = now + timedelta(seconds=interval)
        for status, count in Counter(revision.figure.status for revision in made).items():
            metrics.REVISIONS_WRITTEN.labels(status).inc(count)

    async def close_periods(self) -> int:
        """Queue what the calendar changes: figures whose period is over, and rolling ones whose window moved on."""
        now = self._clock()
        latest = rolling_12(now)
        async with self._pool().acquire() as connection, connection.transaction():
            # The tree's lock before rows of the queue, as everywhere.
            every = {measure for needed in NEEDS.values() for measure in needed}
            entered = await publication_repository.enqueue_entered(connection, latest, every, now)
            await self._canopy.refresh(connection)
            ended = await publication_repository.ended_periods(connection, day_of(now), _ENDED_AT_ONCE)
            moved = await publication_repository.left_behind(connection, latest.end, _ENDED_AT_ONCE)
            open_month = month_of(now)
            due = [*ended, *((code, open_month, indicators) for code, indicators in moved)]
            targets: dict[Place, set[str]] = {}
            for code, month, indicators in due:
                measures = {measure for indicator in indicators for measure in NEEDS.get(indicator, ())}
                targets.setdefault((code, month), set()).update(measures)
            if targets:
                await publication_repository.enqueue(connection, targets, [now] * len(targets))
            confided = await disclosing.close_quarters(connection, self._canopy.tree, day_of(now))
        queued = len(due) + entered + confided
        self.wake(queued)
        return queued

    @staticmethod
    async def _assert_held(lease: Lease | None, connection: Connection) -> None:
        if lease is not None:
            await lease.assert_held(connection)
