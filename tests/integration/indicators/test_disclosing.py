"""Satisfaction of surveys through the real tables: what is said, when, and that nobody can compute more from it."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from spplus_indicators.rebuild import rebuild
from spplus_indicators.revisions_log import RevisionsLog
from spplus_indicators.settings import IndicatorsSettings
from spplus_indicators.thresholds import Thresholds
from tests.support.attacker import Knowledge
from tests.support.builders import a_structure, a_survey_answer, a_withdrawal
from tests.support.confidences import PARENTS, QUARTERS, World, told_of
from tests.support.scoring import record_of, scoring

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
STARTS = {1: date(2026, 1, 1), 2: date(2026, 4, 1)}
WHEN = {1: datetime(2026, 2, 10, 9, 0, tzinfo=UTC), 2: datetime(2026, 5, 10, 9, 0, tzinfo=UTC)}
YEAR = date(2026, 1, 1)
MARKS = (10, 8, 3)
PROTECTED = ("survey_net_satisfaction", "survey_satisfaction")


def answers(structure: str, count: int, *, quarter: int = 1, first: int = 0, mark: int = 8, version: int = 1):
    return [
        a_survey_answer(
            mark,
            request_id=f"{structure}-{quarter}-{number}",
            feedback_id=f"{structure}-{quarter}-{number}",
            structure_code=structure,
            submitted_at=WHEN[quarter],
            version=version,
        )
        for number in range(first, first + count)
    ]


def withdrawals(structure: str, count: int, *, quarter: int = 1, first: int = 0):
    return [
        a_withdrawal(request_id=f"{structure}-{quarter}-{number}", structure_code=structure, withdrawn_at=NOW)
        for number in range(first, first + count)
    ]


def administration():
    return [a_structure(code=code, parent=parent) for code, parent in PARENTS.items()]


async def shown(it, structure: str, start: date = YEAR, kind: str = "quarter") -> tuple | None:
    row = await it.pool.fetchrow(
        "SELECT status, n, numerator FROM figures WHERE structure_code = $1 AND period_start = $2 "
        "AND period_kind = $3 AND indicator_code = 'survey_satisfaction'",
        structure,
        start,
        kind,
    )
    return None if row is None else tuple(row)


async def next_day(it) -> None:
    await it.settle(it.now + DAY)
    await it.publisher.close_periods()
    await it.publish()


async def test_nine_answers_are_fewer_than_ten_and_ten_are_told(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(code="town"), *answers("town", 9))
        await it.publish()
        assert await shown(it, "town") == await shown(it, "town", kind="year") == ("insufficient_sample", 0, None)
        await it.take(*answers("town", 1, first=9, mark=3))
        await it.publish()
        assert await shown(it, "town") == await shown(it, "town", kind="year") == ("ok", 10, 9)
        assert await it.audit() == []


async def test_months_and_rolling_windows_are_never_told(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(code="town"), *answers("town", 50, quarter=2))
        await it.publish()
        told = {(each.indicator_code, str(each.period.kind)) for each in await it.told()}
        assert told == {(code, kind) for code in PROTECTED for kind in ("quarter", "year")}


async def test_too_few_for_reliability_shows_how_many_of_those_that_are_told(database_url):
    async with scoring(database_url, NOW, thresholds=Thresholds(30)) as it:
        await it.take(a_structure(code="town"), *answers("town", 29))
        await it.publish()
        assert await shown(it, "town") == ("insufficient_sample", 29, None)
        await it.take(*answers("town", 3, first=29))
        await it.publish()
        assert await shown(it, "town") == ("insufficient_sample", 29, None)
        await it.take(*answers("town", 7, first=32))
        await it.publish()
        assert await shown(it, "town") == ("ok", 39, 39)


async def test_what_waits_is_pooled_on_the_day_after_the_quarter(database_url):
    last_day = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
    async with scoring(database_url, last_day) as it:
        await it.take(*administration(), *answers("D", 6), *answers("E", 5), *answers("F", 4))
        await it.publish()
        await it.publisher.close_periods()
        assert await it.publish() == 0
        await next_day(it)
        assert [await shown(it, code) for code in "DEFBCA"] == [
            ("insufficient_sample", 0, None),
            ("insufficient_sample", 0, None),
            ("insufficient_sample", 0, None),
            ("ok", 11, 11),
            ("insufficient_sample", 0, None),
            ("ok", 11, 11),
        ]
        assert all(not each.provisional for each in (await it.told())[-2:])
        assert await it.audit() == []
        await next_day(it)
        assert await it.publish() == 0


async def test_a_wave_of_answers_that_its_source_withdraws_leaves_the_figure(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(code="town"), *answers("town", 20))
        await it.publish()
        await it.take(*answers("town", 100, first=20, mark=0))
        await it.publish()
        assert await shown(it, "town") == ("ok", 120, 20)
        await it.take(*withdrawals("town", 98, first=20))
        await it.publish()
        assert await shown(it, "town") == ("ok", 20, 20)
        assert await it.audit() == []


async def test_a_structure_takes_its_quarter_along_by_the_tree_of_its_last_month(database_url):
    """The only answers are of February, the move is of March: no month moves, the quarter does."""
    async with scoring(database_url, NOW) as it:
        old, new = a_structure(code="old"), a_structure(code="new")
        await it.take(old, new, a_structure(code="town", parent="old"), *answers("town", 12))
        await it.publish()
        parents = [
            {"parent_code": "old", "valid_from": date(2015, 1, 1)},
            {"parent_code": "new", "valid_from": date(2026, 3, 5)},
        ]
        await it.take(a_structure(code="town", version=2, parents=parents))
        await it.publish()
        assert await shown(it, "old") == ("insufficient_sample", 0, None)
        assert await shown(it, "new") == ("ok", 12, 12)
        await it.take(*answers("town", 10, first=12))
        await it.publish()
        assert await shown(it, "new") == await shown(it, "new", kind="year") == ("ok", 22, 22)
        assert await it.audit() == []


async def test_a_structure_declared_late_is_told_with_what_was_said_meanwhile(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(*answers("town", 12))
        await it.publish()
        await it.take(*answers("town", 3, first=12))
        assert await it.publish() == 0
        await it.take(a_structure(code="town"))
        await it.publish()
        assert await shown(it, "town") == ("ok", 12, 12)


async def test_quarters_learnt_back_from_the_bus_stay_as_they_were(make_database):
    async with scoring(make_database(), NOW) as lost:
        await lost.take(a_structure(code="town"), *answers("town", 15))
        await lost.publish()
        told = await lost.told()
    async with scoring(make_database(), NOW) as it, it.pool.acquire() as connection:
        memory = RevisionsLog(IndicatorsSettings(database_url=""), (), clock=lambda: NOW)
        memory.read([record_of(event, number) for number, event in enumerate(told)])
        async with connection.transaction():
            await memory.learn(connection)
        await it.take(a_structure(code="town"), *answers("town", 26), *answers("town", 12, quarter=2))
        await it.publish()
        assert await shown(it, "town") == await shown(it, "town", kind="year") == ("ok", 15, 15)
        assert await shown(it, "town", STARTS[2]) == ("ok", 12, 12)
        await next_day(it)
        assert await shown(it, "town") == ("ok", 15, 15)
        assert await it.audit() == []


DAMAGES = {
    "survey cell": """UPDATE survey_cells SET counted = '[12, 12, 0, 0]' WHERE structure_code = 'town'""",
    "survey shown": "UPDATE survey_cells SET answers = 0, satisfied = 0 WHERE structure_code = 'town'",
    "survey pooled": """UPDATE survey_cells SET passed_on = '[3, 3, 0, 0]' WHERE structure_code = 'town'""",
    "survey total": "UPDATE survey_totals SET answers = 100 WHERE structure_code = 'town'",
    "figure": "UPDATE figures SET n = n + 1 WHERE indicator_code = 'survey_satisfaction' AND period_kind = 'quarter'",
}


@pytest.mark.parametrize("kind", DAMAGES)
async def test_audit_finds_what_is_said_wrongly(database_url, kind):
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(code="town"), *answers("town", 25))
        await it.publish()
        assert await it.audit() == []
        await it.pool.execute(DAMAGES[kind])
        assert any(difference.startswith(kind) for difference in await it.audit())


@pytest.mark.parametrize("kind", ["survey cell", "survey shown", "survey total"])
async def test_rebuild_says_anew_what_was_damaged_and_nothing_else(database_url, kind):
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(code="town"), *answers("town", 25))
        await it.publish()
        assert await rebuild(it.pool, thresholds=it.thresholds, now=NOW) is not None
        assert await it.publish() == 0
        await it.pool.execute(DAMAGES[kind])
        await rebuild(it.pool, thresholds=it.thresholds, now=NOW)
        await it.publish()
        assert await shown(it, "town") == ("ok", 25, 25)
        assert await it.audit() == []


@pytest.mark.parametrize("seed", range(3))
async def test_who_keeps_every_event_recovers_nothing_and_each_is_the_sum_of_what_was_said(database_url, seed):
    chance = random.Random(seed)
    world, knowledge = World(knows_who=False), Knowledge()
    known = World(knows_who=True)
    expected: dict[tuple[str, str, date], list] = {}
    async with scoring(database_url, NOW) as it:
        await it.take(*administration())
        for _ in range(40):
            await _happen(it, chance, world, known)
            knowledge.see_all(world.figures())
            for place, figure in told_of(known).items():
                revisions = expected.setdefault(place, [])
                if revisions[-1:] != [figure]:
                    revisions.append(figure)
        assert await _told(it) == expected
        assert await it.audit() == []
    assert [name for name, secret in world.secrets() if knowledge.gives(secret)] == []


async def _happen(it, chance: random.Random, *worlds: World) -> None:
    if chance.random() < 0.2:
        for world in worlds:
            world.close(1)
        await next_day(it)
        return
    place = chance.choice(sorted(PARENTS)), chance.choice(QUARTERS)
    come = [chance.randrange(len(MARKS)) for _ in range(chance.choice((0, 3, 9, 12, 20)))]
    changes = {name: chance.choice((0, 0, 2, 14)) for name in ("gone", "latest_gone", "corrected")}
    before = dict(worlds[0].alive.get(place, {}))
    for world in worlds:
        world.change(place, come, **changes)
    after = worlds[0].alive[place]
    told = []
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            told += withdrawals(place[0], 1, quarter=place[1], first=name)
        elif before.get(name) != after[name]:
            version = worlds[0].moments + 1
            told += answers(place[0], 1, quarter=place[1], first=name, mark=MARKS[after[name]], version=version)
    await it.take(*told)
    await it.publish()


async def _told(it) -> dict[tuple[str, str, date], list]:
    """Revisions of satisfaction by structure and period, without those that only became final."""
    found: dict[tuple[str, str, date], list] = {}
    for event in await it.told():
        if event.indicator_code == "survey_satisfaction":
            revisions = found.setdefault((event.structure_code, str(event.period.kind), event.period.start), [])
            if revisions[-1:] != [(event.n, event.numerator)]:
                revisions.append((event.n, event.numerator))
    return found
