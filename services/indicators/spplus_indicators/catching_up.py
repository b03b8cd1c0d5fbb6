"""How far intake has come since a restore: publication waits until it knows again what was known before."""

from collections.abc import Callable, Sequence

import structlog

from spplus_chassis import metrics
from spplus_chassis.database import Pool
from spplus_chassis.log_reader import LogReader
from spplus_chassis.records import Place as Partition
from spplus_chassis.settings import ServiceSettings
from spplus_indicators import restoration_repository
from spplus_indicators.restoration_repository import Behind

log = structlog.get_logger()


class CatchingUp:
    """Watches intake while publication is held, and lets it go. Every replica may watch."""

    def __init__(
        self, pool: Callable[[], Pool], settings: ServiceSettings, consumer: str, on_caught_up: Callable[[], None]
    ) -> None:
        self._pool = pool
        self._settings = settings
        self._consumer = consumer
        self._on_caught_up = on_caught_up
        self._stood: dict[Partition, int] = {}

    async def look(self) -> bool:
        """Let go the partitions that intake has read; returns whether publication still waits."""
        pool = self._pool()
        waiting = await restoration_repository.behind(pool, self._consumer)  # type: ignore[arg-type] # a pool fetches
        reached = [each for each in waiting if each.stands >= each.until]
        # Behind the last record may lie markers and what was aborted: nothing that intake could ever take.
        resting = [each for each in waiting if self._stood.get(each.partition) == each.stands < each.until]
        if resting:
            reached += await self._with_nothing_left(resting)
        self._stood = {each.partition: each.stands for each in waiting}
        if reached:
            await restoration_repository.let_go(pool, reached)  # type: ignore[arg-type] # the same
        left = len(waiting) - len(reached)
        metrics.PUBLICATION_HELD.set(left)
        if reached and not left:
            log.info("publication_resumed", partitions=len(reached))
            self._on_caught_up()
        return left > 0

    async def _with_nothing_left(self, waiting: Sequence[Behind]) -> list[Behind]:
        """Those partitions where no record lies between where intake stands and where it must come."""
        topics = {each.partition[0] for each in waiting}
        async with LogReader(self._settings, topics) as reader:
            ends = await reader.ends()
            starts = {each.partition: each.stands for each in waiting if each.partition in ends}
            goals = {
                each.partition: min(each.until, ends[each.partition]) for each in waiting if each.partition in ends
            }
            with_records = await reader.with_records(starts, goals)
        return [each for each in waiting if each.partition not in with_records]
