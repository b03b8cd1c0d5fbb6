"""A database that stands behind the bus: what was told stands, what was not is taken back, and publication waits."""

from datetime import UTC, datetime

import pytest

from spplus_contracts import IndicatorComputed
from spplus_contracts.topics import FEEDBACK_SUBMITTED
from spplus_indicators import restoration_repository
from spplus_indicators.publisher import Publisher
from spplus_indicators.revisions_log import RevisionsLog
from spplus_indicators.settings import IndicatorsSettings
from tests.support.builders import a_feedback, a_structure
from tests.support.records import a_record
from tests.support.scoring import AT_ONCE, scoring

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
END = {(FEEDBACK_SUBMITTED.name, 0): 7}


async def learn(it, *told: IndicatorComputed) -> None:
    """As the relay does on taking over, but without a bus to ask for the ends of the input."""
    settings = IndicatorsSettings(database_url="postgresql://", _env_file=None)
    learner = RevisionsLog(settings, (), lambda: it.now)
    learner.read([a_record(each, envelope={"source": "spplus"}) for each in told])
    learner._ends = END
    async with it.pool.acquire() as connection, connection.transaction():
        await learner.learn(connection)


def later(figure: IndicatorComputed, revision: int, n: int) -> IndicatorComputed:
    return figure.model_copy(update={"revision": revision, "n": n, "value": float(n)})


async def revision_and_n(it, figure: IndicatorComputed) -> tuple[int, int]:
    row = await it.pool.fetchrow(
        "SELECT revision, n FROM figures WHERE structure_code = $1 AND indicator_code = $2 AND period_kind = $3 "
        "AND period_start = $4",
        figure.structure_code,
        figure.indicator_code,
        str(figure.period.kind),
        figure.period.start,
    )
    return tuple(row)


async def count_of_march(it) -> IndicatorComputed:
    told = [each for each in await it.told() if each.key == "12345|experience_count|month|2026-03-01"]
    return told[-1]


async def test_what_was_told_stands_and_its_recomputation_is_a_later_revision(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(), a_feedback())
        await it.publish()
        figure = await count_of_march(it)
        await learn(it, later(figure, 4, 3), later(figure, 6, 5), later(figure, 5, 4))
        assert await revision_and_n(it, figure) == (6, 5)
        await it.publish()
        assert await revision_and_n(it, figure) == (7, 1)
        assert [each.revision for each in await it.told() if each.key == figure.key] == [7]


async def test_what_was_written_and_never_told_is_taken_back_and_told_anew(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(), a_feedback())
        await it.publish()
        figure = await count_of_march(it)
        written = {each.key for each in await it.told()}
        await learn(it, later(figure, 2, 2))
        assert await it.told() == []
        assert await it.pool.fetchval("SELECT count(*) FROM history") == 1
        await it.publish()
        told = {each.key: each.revision for each in await it.told()}
        assert told == dict.fromkeys(written, 2) | {figure.key: 3}


async def test_database_that_knows_what_was_told_changes_nothing(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(), a_feedback())
        await it.publish()
        await learn(it, *await it.told())
        assert await it.publish() == 0
        assert not await restoration_repository.held(it.pool)


async def test_publication_waits_until_intake_has_come_to_where_it_was(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(), a_feedback())
        await it.publish()
        await learn(it, later(await count_of_march(it), 6, 5))
        publisher = Publisher(
            lambda: it.pool,
            clock=lambda: it.now,
            thresholds=it.thresholds,
            pace=AT_ONCE,
            held=restoration_repository.held,
        )
        await publisher.fold_marks()
        assert await publisher.publish() == (0, 0)
        (behind,) = await restoration_repository.behind(it.pool, "indicators")
        assert (behind.partition, behind.stands, behind.until) == (*END, 0, 7)
        await restoration_repository.let_go(it.pool, [behind])
        taken, written = await publisher.publish()
        assert taken
        assert written
