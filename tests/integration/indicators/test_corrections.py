"""What changes figures later where the tree, the clock and the publisher have a part, on the real database."""

from datetime import UTC, date, datetime, timedelta

import pytest

from spplus_embedded.fold import fold
from spplus_indicators.canopy import Canopy
from tests.support.builders import DUE_AT, a_bulk, a_feedback, a_structure, a_withdrawal, an_answer, an_envelope
from tests.support.scoring import AT_ONCE, differences, scoring

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
JANUARY, MARCH, YEAR = date(2026, 1, 1), date(2026, 3, 1), date(2026, 1, 1)
LONG_AGO = date(2015, 1, 1)
_OPEN = {"answer_due_at": None, "announced_at": None, "due_kind": None}


def a_story(number: int, **changes):
    return a_feedback(request_id=f"request-{number}", **_OPEN | changes)


def in_january(number: int, **changes):
    return a_story(number, submitted_at=datetime(2026, 1, 10, tzinfo=UTC), **changes)


def under(*links: tuple[str | None, date]):
    return [{"parent_code": parent, "valid_from": day} for parent, day in links]


async def counts(it, *structures: str, month: date = MARCH) -> list[float | None]:
    return [await it.value("experience_count", month, structure=structure) for structure in structures]


async def test_late_data_for_a_closed_month_supersedes_what_was_final(database_url):
    async with scoring(database_url, datetime(2026, 6, 15, tzinfo=UTC)) as it:
        await it.take(a_structure(), in_january(1))
        await it.publish()
        await it.take(in_january(2, sentiment="negative"))
        await it.publish()
        told = [each for each in await it.told() if each.key == "12345|experience_satisfaction|month|2026-01-01"]
        assert [(each.revision, each.supersedes, each.value, each.provisional) for each in told] == [
            (1, None, 1.0, False),
            (2, 1, 0.5, False),
        ]
        assert await it.audit() == []


async def test_withdrawal_before_the_feedback_lets_nothing_be_counted(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(), a_withdrawal(reason="moderation"))
        await it.take(a_feedback(), an_answer())
        assert await it.publish() == 0
        assert await it.cells() == {}


async def test_answer_retracted_after_the_deadline_makes_the_request_late(database_url):
    async with scoring(database_url, DUE_AT + timedelta(days=1)) as it:
        await it.take(a_structure(), a_feedback(), an_answer(statement_id="s"))
        await it.publish()
        assert await it.value("on_time_rate", date(2026, 4, 1)) == 1
        await it.take(an_answer(statement_id="s", version=2, retracted=True))
        await it.publish()
        assert await it.value("on_time_rate", date(2026, 4, 1)) == 0
        assert await it.audit() == []


async def test_answer_retracted_before_the_deadline_is_swept_when_it_passes(database_url):
    async with scoring(database_url, DUE_AT - timedelta(days=1)) as it:
        await it.take(a_structure(), a_feedback(), an_answer(statement_id="s"))
        await it.take(an_answer(statement_id="s", version=2, retracted=True))
        await it.publish()
        assert await it.value("on_time_rate", date(2026, 4, 1)) is None
        await it.settle(DUE_AT + timedelta(seconds=1))
        await it.publish()
        assert await it.value("on_time_rate", date(2026, 4, 1)) == 0


async def test_retracted_bulk_slot_says_that_none_is_left(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(), a_bulk())
        await it.publish()
        await it.take(a_bulk(version=2, retracted=True))
        await it.publish()
        (latest,) = [each for each in await it.told() if each.key == "12345|pickup_rate|month|2026-03-01"][-1:]
        assert (latest.n, latest.value, latest.revision, latest.supersedes) == (0, None, 2, 1)


async def test_retroactive_move_takes_closed_months_along(database_url):
    moved = a_structure(version=2, parents=under(("old", LONG_AGO), ("new", JANUARY)))
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(code="old"), a_structure(code="new"), a_structure(parent="old"))
        await it.take(in_january(1), a_story(2))
        await it.publish()
        assert await counts(it, "old", "new", month=JANUARY) == [1, None]
        await it.take(moved)
        await it.publish()
        assert await counts(it, "old", "new", month=JANUARY) == [0, 1]
        assert await it.value("experience_count", YEAR, structure="new", kind="year") == 2
        assert await it.audit() == []


async def test_closed_structure_counts_towards_its_successor_from_that_month_on(database_url):
    closed = a_structure(version=2, parents=under(("old", LONG_AGO)), closed_on=date(2026, 3, 9), successor_code="heir")
    async with scoring(database_url, NOW) as it:
        await it.take(*(a_structure(code=code) for code in ("old", "new")), a_structure(parent="old"))
        await it.take(a_structure(code="heir", parent="new"), in_january(1), a_story(2))
        await it.publish()
        await it.take(closed)
        await it.publish()
        assert await counts(it, "12345", "old", "heir", "new") == [1, 0, 1, 1]
        assert await counts(it, "12345", "old", "heir", "new", month=JANUARY) == [1, 1, None, None]
        await it.take(a_story(3))  # somebody still speaks of the closed one
        await it.publish()
        assert await counts(it, "12345", "old", "heir", "new") == [2, 0, 2, 2]
        assert await it.audit() == []


async def test_closing_that_lies_ahead_waits_for_its_day_and_one_without_successor_moves_nothing(database_url):
    ahead = {"closed_on": date(2026, 3, 25), "parents": under(("old", LONG_AGO))}
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(code="old"), a_structure(code="heir"), a_story(1))
        await it.take(a_structure(**ahead))
        await it.settle(NOW + timedelta(days=10))
        await it.publish()
        assert await counts(it, "old", "heir") == [1, None]
        it.now = NOW
        await it.take(a_structure(**ahead | {"closed_on": date(2026, 3, 31)}, version=2, successor_code="heir"))
        await it.publish()
        assert await counts(it, "old", "heir") == [1, None]
        await it.settle(NOW + timedelta(days=11))
        await it.publish()
        assert await counts(it, "old", "heir") == [0, 1]
        assert await it.audit() == []


async def test_merger_into_its_own_child_is_a_circle_until_the_child_moves(database_url):
    merged = a_structure(code="top", version=2, closed_on=date(2026, 3, 2), successor_code="leaf")
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(code="top"), a_structure(code="leaf", parent="top"), a_story(1, structure_code="top"))
        await it.take(merged)
        assert [reason for _, reason in it.refused] == ["cycle"]
        await it.publish()
        assert await counts(it, "top", "leaf") == [1, None]
        freed = a_structure(code="leaf", version=2, parents=under(("top", LONG_AGO), (None, MARCH)))
        await it.take(freed)
        await it.publish()
        assert await counts(it, "top", "leaf") == [1, 1]
        assert await it.audit() == []


async def test_declaration_that_pushes_another_out_of_the_tree_is_the_one_refused(database_url):
    upper, story = a_structure(code="a", parent="b"), a_story(1, structure_code="a")
    lower = a_structure(code="b", parent="a")
    told = [(an_envelope(upper), upper), (an_envelope(story), story)]
    earlier = (an_envelope(lower, time=datetime(2020, 1, 1, tzinfo=UTC), id="early"), lower)
    async with scoring(database_url, NOW) as it:
        await it.take(*told)
        await it.publish()
        assert it.refused == []
        await it.take(earlier)
        assert [(record.value, reason) for record, reason in it.refused] == [(lower.to_json(), "cycle")]
        await it.publish()
        assert differences(await it.figures(), fold([*told, earlier], NOW, min_sample=1)) == []
        assert await counts(it, "a", "b") == [1, 0]  # it was gathered under b, which nobody had declared yet
        assert await it.audit() == []


async def test_declaration_just_after_midnight_turns_the_whole_tree(database_url):
    ahead = a_structure(parents=under(("old", LONG_AGO), ("new", date(2026, 3, 21))))
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(code="old"), a_structure(code="new"), ahead, a_story(1))
        await it.publish()
        it.now = datetime(2026, 3, 21, 0, 0, 1, tzinfo=UTC)
        await it.take(a_structure(code="other"))  # before the clock's own job had its turn
        await it.settle()
        await it.publish()
        assert await counts(it, "old", "new") == [0, 1]
        assert await it.audit() == []


async def test_counts_told_between_midnight_and_the_turn_of_the_day_move_with_the_rest(database_url):
    ahead = a_structure(parents=under(("old", LONG_AGO), ("new", date(2026, 3, 21))))
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(code="old"), a_structure(code="new"), ahead, a_story(1))
        it.now = datetime(2026, 3, 21, 0, 0, 1, tzinfo=UTC)
        await it.publish()
        await it.take(a_story(2))
        await it.publish()
        await it.settle()
        await it.publish()
        assert await counts(it, "old", "new") == [0, 2]
        assert await it.audit() == []


async def test_all_kinds_of_change_of_the_tree_agree_with_the_judge(database_url):
    tree = [
        a_structure(code="old", closed_on=date(2026, 2, 10), successor_code="new"),
        a_structure(code="new", parent="top"),
        a_structure(code="top"),
        a_structure(parents=under(("old", LONG_AGO), ("top", date(2026, 3, 15)))),
    ]
    stories = [story(number) for number, story in enumerate([in_january, in_january, a_story, a_story])]
    told = [(an_envelope(each, id=f"e{n}"), each) for n, each in enumerate([*tree, *stories])]
    async with scoring(database_url, NOW) as it:
        for each in told[::-1]:
            await it.take(each)
            await it.publish()
        assert differences(await it.figures(), fold(told, NOW, min_sample=1)) == []
        assert await it.audit() == []


async def test_publisher_knows_the_network_of_each_structure(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(network="DGFIP"))
        canopy = Canopy(AT_ONCE)
        async with it.pool.acquire() as connection, connection.transaction():
            await canopy.refresh(connection)
        assert (canopy.network_of("12345"), canopy.network_of("nobody")) == ("DGFIP", "")


async def test_parent_that_nobody_declared_gathers_and_is_not_published(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(a_story(1))
        await it.publish()
        await it.take(a_structure(parent="nobody-yet"))
        await it.publish()
        assert await counts(it, "12345", "nobody-yet") == [1, None]
        await it.take(a_structure(code="nobody-yet"))
        await it.publish()
        assert await counts(it, "12345", "nobody-yet") == [1, 1]
        assert await it.audit() == []


async def test_deadline_in_a_month_ahead_enters_the_rolling_window_with_its_month(database_url):
    rolling = {"structure": "12345", "kind": "rolling_12"}
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(), a_feedback(), an_answer())
        await it.publish()
        await it.publisher.close_periods()
        await it.publish()
        assert await it.value("on_time_rate", date(2026, 4, 1)) == 1
        assert await it.value("on_time_rate", date.min, **rolling) is None
        it.now = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)
        while await it.publisher.close_periods():
            await it.publish()
        assert await it.value("on_time_rate", date.min, **rolling) == 1
        assert await it.audit() == []
