"""From events to figures on a real database, against an independent reading of the same events."""

import asyncio
import random
from datetime import UTC, date, datetime, timedelta

import pytest

from spplus_embedded.fold import fold
from spplus_indicators.backlog_queries import undeclared_structures
from spplus_indicators.publisher import Pace
from tests.support.builders import (
    DUE_AT,
    RECEIVED_AT,
    a_bulk,
    a_feedback,
    a_structure,
    a_withdrawal,
    an_answer,
    an_envelope,
)
from tests.support.hearsay import AS_OF, STRUCTURES, honest, some_hearsay
from tests.support.records import a_record
from tests.support.scoring import differences, scoring

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
LATER = DUE_AT + timedelta(days=2)
DUE_MONTH = date(2026, 4, 1)
PARENTS = {"leaf-1": "branch", "leaf-2": "branch", "branch": "root"}


async def test_feedback_declared_structure_is_published_for_month_and_year(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(), a_feedback(), a_feedback(request_id="request-2", sentiment="negative"))
        await it.publish()
        assert await it.value("experience_satisfaction") == 0.5
        assert await it.value("experience_count", date(2026, 1, 1), kind="year") == 2
        told = await it.told()
        assert {each.revision for each in told} == {1}
        assert all(each.provisional for each in told)


async def test_publishing_twice_publishes_nothing(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(), a_feedback(), an_answer())
        assert await it.publish() > 0
        await it.take(a_feedback(), an_answer())  # the same request under other event ids: nothing it adds has changed
        assert await it.publish() == 0


async def test_events_in_any_order_give_the_figures_of_an_independent_reading(make_database):
    """A few lists, each in another order and with repetitions, in batches, through the real tables."""
    tree = [a_structure(code=code, parent=PARENTS.get(code)) for code in STRUCTURES]
    for seed in range(6):
        events = honest(some_hearsay(seed))
        shuffled = events + events[: len(events) // 3]
        random.Random(seed).shuffle(shuffled)
        async with scoring(make_database(), RECEIVED_AT - timedelta(days=60)) as it:
            await it.take(*shuffled[::2])
            await it.publish()
            await it.take(*tree)
            await it.take(*shuffled[1::2])
            await it.settle(AS_OF)
            await it.publish()
            expected = fold([*events, *((an_envelope(each), each) for each in tree)], AS_OF, min_sample=1)
            assert differences(await it.figures(), expected) == []
            assert await it.audit() == []


async def test_deadline_passes_unanswered_then_answer_dated_before_it_arrives(database_url):
    async with scoring(database_url, DUE_AT) as it:
        await it.take(a_structure(), a_feedback())
        await it.publish()
        assert await it.value("on_time_rate", DUE_MONTH) is None  # open and not yet due: out
        await it.settle(DUE_AT + timedelta(seconds=1))
        await it.publish()
        assert await it.value("on_time_rate", DUE_MONTH) == 0  # late
        await it.take(an_answer())
        await it.publish()
        assert await it.value("on_time_rate", DUE_MONTH) == 1
        assert await it.audit() == []


async def test_request_is_overdue_by_the_clock_alone_until_it_is_answered(database_url):
    async with scoring(database_url, DUE_AT) as it:
        await it.take(a_structure(), a_feedback())
        await it.publish()
        assert await it.value("overdue_count", DUE_MONTH) is None
        await it.settle(DUE_AT + timedelta(days=1))
        await it.publish()
        assert await it.value("overdue_count", DUE_MONTH) == 1
        await it.take(an_answer(answered_at=DUE_AT + timedelta(hours=1)))
        await it.publish()
        assert await it.value("overdue_count", DUE_MONTH) == 0
        assert await it.audit() == []


async def test_late_answer_stays_late_and_withdrawal_takes_it_out(database_url):
    async with scoring(database_url, DUE_AT + timedelta(days=3)) as it:
        await it.take(a_structure(), a_feedback(), an_answer(answered_at=DUE_AT + timedelta(days=1)))
        await it.publish()
        assert await it.value("on_time_rate", DUE_MONTH) == 0
        await it.take(a_withdrawal())
        await it.publish()
        figures = await it.figures()
        assert {figure.n for figure in figures.values()} == {0}
        assert await it.cells() == {}


async def test_redirects_in_reverse_relieve_the_first_holders(database_url):
    to_b = an_answer("redirected", structure_code="A", redirected_to="B", redirected_at=RECEIVED_AT + timedelta(days=1))
    to_c = an_answer("redirected", structure_code="B", redirected_to="C", redirected_at=RECEIVED_AT + timedelta(days=2))
    async with scoring(database_url, LATER) as it:
        await it.take(*(a_structure(code=code) for code in "ABC"))
        for event in (an_answer(structure_code="C"), to_c, to_b, a_feedback(structure_code="A")):
            await it.take(event)
            await it.publish()
        assert {structure for structure, _, _ in await it.cells()} == {"C"}
        assert await it.value("answer_delay_median", structure="C") == 12
        assert await it.value("on_time_rate", DUE_MONTH, structure="C") == 1
        assert await it.audit() == []


async def test_bulk_slot_sent_twice_counts_once_and_is_replaced_by_a_higher_version(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(), a_bulk(received=1000, answered=850), a_bulk(received=1000, answered=850))
        await it.publish()
        assert await it.value("pickup_rate") == 0.85
        await it.take(a_bulk(received=1000, answered=900, version=2))
        await it.take(a_bulk(received=1000, answered=100))
        await it.publish()
        assert await it.value("pickup_rate") == 0.9
        assert [each.revision for each in await it.told() if each.indicator_code == "pickup_rate"] == [1] * 4 + [2] * 4


async def test_correction_publishes_a_revision_that_supersedes_and_its_replay_nothing(database_url):
    first = (an_envelope(id="e1"), a_feedback(statement_id="s1"))
    corrected = (an_envelope(id="e2"), a_feedback(statement_id="s1", version=2, sentiment="negative"))
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(), first)
        await it.publish()
        await it.take(corrected)
        assert await it.publish() > 0
        told = [each for each in await it.told() if each.indicator_code == "experience_satisfaction"]
        assert [(each.revision, each.supersedes, each.value) for each in told[-4:]] == [(2, 1, 0.0)] * 4
        await it.take(first, corrected, first)
        assert await it.publish() == 0


async def test_unknown_structure_is_counted_and_published_once_declared(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(code="root"), a_feedback())
        assert await it.publish() == 0
        assert len(await it.cells()) == 3
        assert [each.structure_code for each in await undeclared_structures(it.pool)] == ["12345"]
        await it.take(a_structure(parent="root"))
        await it.publish()
        assert await it.value("experience_count", structure="root") == 1
        assert await undeclared_structures(it.pool) == []


async def test_parent_declared_late_gathers_what_its_children_have(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(parent="branch"), a_feedback())
        await it.publish()
        await it.take(a_structure(code="branch", parent="root"))
        await it.take(a_structure(code="root"))
        await it.publish()
        assert await it.value("experience_count", structure="branch") == 1
        assert await it.value("experience_count", structure="root") == 1


async def test_moved_structure_leaves_closed_months_and_takes_open_ones_along(database_url):
    moved = a_structure(
        version=2,
        parents=[
            {"parent_code": "old", "valid_from": date(2015, 1, 1)},
            {"parent_code": "new", "valid_from": date(2026, 3, 10)},
        ],
    )
    february = a_feedback(
        request_id="request-2",
        submitted_at=datetime(2026, 2, 10, tzinfo=UTC),
        answer_due_at=None,
        announced_at=None,
        due_kind=None,
    )
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(code="old"), a_structure(code="new"), a_structure(parent="old"))
        await it.take(a_feedback(), february)
        await it.publish()
        await it.take(moved)
        await it.publish()
        assert await it.value("experience_count", structure="old") == 0
        assert await it.value("experience_count", structure="new") == 1
        assert await it.value("experience_count", date(2026, 2, 1), structure="old") == 1
        assert await it.value("experience_count", date(2026, 1, 1), structure="old", kind="year") == 1
        assert await it.audit() == []


async def test_parent_that_lies_ahead_takes_its_place_on_its_day(database_url):
    ahead = a_structure(
        parents=[
            {"parent_code": "old", "valid_from": date(2015, 1, 1)},
            {"parent_code": "new", "valid_from": date(2026, 3, 25)},
        ]
    )
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(code="old"), a_structure(code="new"), ahead, a_feedback())
        await it.publish()
        assert await it.value("experience_count", structure="old") == 1
        await it.settle(datetime(2026, 3, 25, 1, tzinfo=UTC))
        await it.publish()
        assert await it.value("experience_count", structure="old") == 0
        assert await it.value("experience_count", structure="new") == 1


async def test_cycle_keeps_the_acyclic_parent_and_is_refused(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(code="A", parent="B"))
        await it.take(a_structure(code="B"))
        await it.take(a_structure(code="B", parent="A", version=2), a_feedback(structure_code="A"))
        assert [reason for _, reason in it.refused] == ["cycle"]
        await it.publish()
        assert await it.value("experience_count", structure="B") == 1


async def test_indicator_declared_not_applicable_says_so(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(), a_feedback(), a_bulk())
        await it.publish()
        await it.take(a_structure(version=2, not_applicable=["pickup_rate"]))
        await it.publish()
        statuses = {key.indicator_code: figure.status for key, figure in (await it.figures()).items()}
        assert statuses["pickup_rate"] == "not_applicable"
        assert statuses["experience_count"] == "ok"


async def test_period_that_ends_is_told_once_more_as_final(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(), a_feedback())
        await it.publish()
        it.now = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)  # 1 April in Paris
        assert await it.publisher.close_periods() > 0
        await it.publish()
        assert await it.publisher.close_periods() == 0
        latest = {each.key: each for each in await it.told()}
        assert latest["12345|experience_count|month|2026-03-01"].provisional is False
        assert latest["12345|experience_count|month|2026-03-01"].revision == 2
        assert latest["12345|experience_count|year|2026-01-01"].provisional is True


async def test_hot_figure_is_delayed_to_its_interval_and_never_lost(database_url):
    async with scoring(database_url, NOW, pace=Pace(small_seconds=0.25)) as it:
        await it.take(a_structure(), a_feedback())
        assert await it.publish() > 0
        await it.take(a_feedback(request_id="request-2"))
        assert await it.publish() == 0
        it.now += timedelta(seconds=0.3)
        assert await it.publish() > 0
        assert await it.value("experience_count") == 2


async def test_longer_periods_wait_longer_and_are_never_lost(database_url):
    pace = Pace(small_seconds=0.25, large_seconds=0.25, root_seconds=0.25, longer_seconds=1.0)
    async with scoring(database_url, NOW, pace=pace) as it:
        await it.take(a_structure(), a_feedback())
        await it.publish()
        await it.take(a_feedback(request_id="request-2"))
        await it.publish()
        it.now += timedelta(seconds=0.3)
        await it.publish()
        year = date(2026, 1, 1)
        assert await it.value("experience_count") == 2
        assert await it.value("experience_count", year, kind="year") == 1
        it.now += timedelta(seconds=0.8)
        await it.publish()
        assert await it.value("experience_count", year, kind="year") == 2
        assert await it.audit() == []


async def test_new_values_of_closed_lists_are_kept_and_counted_nowhere(database_url):
    told = a_record(a_feedback())
    newer = told._replace(value=told.value.replace(b'"experience"', b'"telepathy"'))
    async with scoring(database_url, NOW) as it:
        await it.take_records(newer)
        assert it.refused == []
        assert await it.cells() == {}
        assert len(await it.ledger()) == 1


async def test_two_writers_of_the_same_rows_in_opposite_order_both_finish(database_url):
    feedbacks = [a_feedback(request_id=f"request-{number}", statement_id="s") for number in range(200)]
    answers = [an_answer(request_id=f"request-{number}", statement_id="s") for number in range(200)]
    async with scoring(database_url, LATER) as it:
        await it.take(a_structure())
        await asyncio.gather(
            *(it.take(*batch) for _ in range(3) for batch in (feedbacks, feedbacks[::-1], answers, answers[::-1])),
        )
        await it.publish()
        assert await it.value("experience_count") == 200
        assert await it.value("answer_rate") == 1
        assert await it.audit() == []


async def test_audit_finds_a_tally_that_was_tampered_with(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(), a_feedback())
        await it.publish()
        await it.pool.execute("UPDATE tallies SET own = replace(own, '\"positive\":1', '\"positive\":2')")
        await it.pool.execute("UPDATE figures SET n = 7 WHERE indicator_code = 'experience_count'")
        found = await it.audit()
        assert any("positive" in each for each in found)
        assert any("experience_count" in each for each in found)
