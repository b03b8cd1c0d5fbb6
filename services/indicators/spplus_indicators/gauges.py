"""The gauges of scoring: what alerts are made from."""

from collections.abc import Callable
from datetime import datetime, timedelta

from spplus_chassis import metrics
from spplus_chassis.database import Pool
from spplus_indicators import backlog_queries
from spplus_indicators.backlog_queries import Backlog


class Gauges:
    """Measures what waits. Remembers since when it has seen the oldest mark, for marks carry no time."""

    def __init__(self, pool: Callable[[], Pool], *, clock: Callable[[], datetime], undeclared_alert: timedelta) -> None:
        self._pool = pool
        self._clock = clock
        self._undeclared_alert = undeclared_alert
        self._oldest_mark: int | None = None
        self._seen_at = clock()

    async def measure_backlog(self) -> None:
        """How far the publisher and the sweep are behind."""
        now = self._clock()
        backlog = await backlog_queries.backlog(self._pool())
        metrics.MARKS_ROWS.set(backlog.rows)
        metrics.MARKS_AGE.set(self._age_seconds(backlog, now))
        metrics.SWEEP_BEHIND.set(max(0.0, (now - backlog.swept_until).total_seconds()))
        metrics.PUBLISHER_LEADING.set(backlog.publisher_leads)

    async def measure_undeclared(self) -> None:
        """How many structures wait for a declaration, for how long, and how many for too long."""
        now = self._clock()
        ages = [each.age(now) for each in await backlog_queries.undeclared_structures(self._pool())]
        metrics.STRUCTURES_UNDECLARED.set(len(ages))
        metrics.UNDECLARED_AGE.set(max(ages, default=timedelta()).total_seconds())
        metrics.UNDECLARED_OVERDUE.set(sum(age > self._undeclared_alert for age in ages))

    def _age_seconds(self, backlog: Backlog, now: datetime) -> float:
        if backlog.oldest_mark is None or backlog.oldest_mark != self._oldest_mark:
            self._oldest_mark, self._seen_at = backlog.oldest_mark, now
        since = self._seen_at if backlog.oldest_target_at is None else min(self._seen_at, backlog.oldest_target_at)
        return max(0.0, (now - since).total_seconds())
