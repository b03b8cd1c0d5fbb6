"""The compacted topic as memory: what a restored or empty database has forgotten, it learns from the bus.

A figure that was told stands as it was told, and revisions go on from there. What the database had written and nobody
was told is taken back. Everything touched is computed again, once intake has read again what was lost with the
database: no figure goes back to what it was before, not even in passing.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import TypeVar

import structlog
from pydantic import ValidationError

from spplus_chassis.database import Connection
from spplus_chassis.log_reader import LogReader
from spplus_chassis.reading import read_event
from spplus_chassis.records import Place as Partition
from spplus_chassis.records import Record, Refused
from spplus_chassis.settings import ServiceSettings
from spplus_contracts import IndicatorComputed
from spplus_contracts.topics import INDICATOR_COMPUTED
from spplus_contracts.vocabulary import PLATFORM_SOURCE
from spplus_indicators import disclosure_repository, publication_repository, restoration_repository
from spplus_indicators.figures import LATEST, FigureKey, Place, Published, Revision, period_of, revision_of
from spplus_indicators.measures import NEEDS
from spplus_indicators.periods import month_of

log = structlog.get_logger()

_AT_ONCE = 5_000

Item = TypeVar("Item")


class RevisionsLog:
    """What the topic of figures tells and this database does not know, and what follows from it."""

    topics: tuple[str, ...] = (INDICATOR_COMPUTED.name,)

    def __init__(self, settings: ServiceSettings, intake_topics: Sequence[str], clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._intake_topics = intake_topics
        self._clock = clock
        self._latest: dict[FigureKey, Revision] = {}
        self._ends: dict[Partition, int] = {}

    def read(self, records: Sequence[Record]) -> None:
        """Keep the highest revision under each key."""
        for record in records:
            revision = _revision(record)
            if revision is None:
                continue
            before = self._latest.get(revision.key)
            if before is None or before.figure.revision < revision.figure.revision:
                self._latest[revision.key] = revision

    async def prepare(self) -> None:
        """Find out how far intake must read to know what the lost database knew."""
        if self._latest:
            async with LogReader(self._settings, self._intake_topics) as reader:
                self._ends = await reader.ends()

    async def learn(self, connection: Connection) -> None:
        """Let what was told stand, take back what was not, compute it all again once intake has caught up."""
        if not self._latest:
            return
        await restoration_repository.lock_publisher(connection)
        forgotten = [each for part in _parts(list(self._latest.values())) for each in await _unlike(connection, part)]
        if not forgotten:
            return
        await disclosure_repository.freeze(connection, forgotten)
        untold = await self._take_back(connection)
        for part in _parts(forgotten):
            await restoration_repository.clear_figures(connection, [each.key for each in part])
            await publication_repository.save_figures(connection, part, learnt=True)
        await self._compute_again(connection, {each.key for each in forgotten} | untold)
        await restoration_repository.hold(connection, {place: end for place, end in self._ends.items() if end})
        log.warning("publication_held", reason="the database is behind the bus", learnt=len(forgotten))

    async def _take_back(self, connection: Connection) -> set[FigureKey]:
        told: dict[int, Revision] = {}
        for number, payload in (await restoration_repository.waiting_events(connection)).items():
            try:
                told[number] = revision_of(IndicatorComputed.read_json(payload))
            except ValidationError as error:
                log.warning("outbox_row_unreadable", seq=number, error=type(error).__name__)
        revisions = [(each.key, each.figure.revision) for each in told.values()]
        await restoration_repository.unsend(connection, told, revisions)
        return {key for key, _ in revisions}

    async def _compute_again(self, connection: Connection, keys: set[FigureKey]) -> None:
        now = self._clock()
        targets: dict[tuple[str, date], set[str]] = {}
        for structure, indicator, _, start in keys:
            month = month_of(now) if start == LATEST else start
            targets.setdefault((structure, month), set()).update(NEEDS.get(indicator, ()))
        named = sorted(place for place, measures in targets.items() if measures)
        for part in _parts(named):
            await publication_repository.enqueue(
                connection, {place: targets[place] for place in part}, [now] * len(part)
            )


def _revision(record: Record) -> Revision | None:
    try:
        envelope, event = read_event(record)
    except Refused as refused:
        log.warning("revision_unreadable", partition=record.partition, offset=record.offset, reason=refused.reason)
        return None
    if not isinstance(event, IndicatorComputed) or envelope.source != PLATFORM_SOURCE:
        return None
    return revision_of(event)


async def _unlike(connection: Connection, told: Sequence[Revision]) -> list[Revision]:
    """Those that do not stand as they were told."""
    places = {Place(each.key[0], period_of(each.key, each.figure.period_end)) for each in told}
    standing: dict[FigureKey, Published] = await publication_repository.figures_of(connection, list(places))
    return [each for each in told if standing.get(each.key) != each.figure]


def _parts(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]
