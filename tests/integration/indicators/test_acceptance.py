"""The numbers by which scoring is accepted, where a database must show them; the others are among the unit tests."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.support.builders import RECEIVED_AT, a_bulk, a_feedback, a_structure, a_withdrawal, an_answer
from tests.support.scoring import scoring

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

MONDAY = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


async def test_number_6_children_are_pooled_in_their_parent_and_months_in_the_year(database_url):
    async with scoring(database_url, datetime(2026, 5, 1, tzinfo=UTC)) as it:
        stories = [a_feedback(request_id=f"a{n}", structure_code="A") for n in range(2)]
        april = RECEIVED_AT + timedelta(days=40)
        stories += [
            a_feedback(
                request_id=f"b{n}", structure_code="B", submitted_at=april, announced_at=april, sentiment=feeling
            )
            for n, feeling in enumerate(["positive", "negative"] * 9)
        ]
        await it.take(a_structure(code="P"), *(a_structure(code=code, parent="P") for code in "AB"), *stories)
        await it.publish()
        year = await it.value("experience_satisfaction", date(2026, 1, 1), structure="P", kind="year")
        assert year == 11 / 20  # not (1 + 0.5) / 2


async def test_number_7_due_on_monday_at_nine(database_url):
    async with scoring(database_url, MONDAY - SECOND) as it:
        await it.take(a_structure(), a_feedback(answer_due_at=MONDAY))
        await it.publish()
        assert await it.value("on_time_rate") is None
        await it.settle(MONDAY + SECOND)
        await it.publish()
        assert await it.value("on_time_rate") == 0
        tuesday = an_answer(answered_at=MONDAY + timedelta(days=1), statement_id="s")
        await it.take(tuesday)
        await it.publish()
        assert await it.value("on_time_rate") == 0
        await it.take(tuesday.model_copy(update={"answered_at": MONDAY - timedelta(hours=1), "version": 2}))
        await it.publish()
        assert await it.value("on_time_rate") == 1
        assert await it.audit() == []
        await it.take(a_withdrawal())
        await it.publish()
        assert (await it.value("on_time_rate"), await it.audit()) == (None, [])


async def test_number_9_the_same_state_is_published_once_and_a_correction_supersedes(database_url):
    async with scoring(database_url, RECEIVED_AT + timedelta(days=3)) as it:
        await it.take(a_structure(), a_feedback(statement_id="s"))
        assert await it.publish() > 0
        assert await it.publish() == 0
        before = len(await it.told())
        corrected = a_feedback(statement_id="s", version=2, sentiment="negative")
        await it.take(corrected)
        await it.publish()
        made = (await it.told())[before:]
        assert {(each.revision, each.supersedes) for each in made} == {(2, 1)}
        assert await it.value("experience_satisfaction") == 0
        await it.take(corrected)
        await it.take(a_feedback(statement_id="s"))
        assert await it.publish() == 0


async def test_number_12_a_bulk_slot_sent_twice_counts_once_and_is_replaced(database_url):
    async with scoring(database_url, datetime(2026, 4, 2, tzinfo=UTC)) as it:
        await it.take(a_structure(), a_bulk(received=1000, answered=850), a_bulk(received=1000, answered=850))
        await it.publish()
        assert await it.value("pickup_rate") == 0.85
        await it.take(a_bulk(received=1000, answered=900, version=2))
        await it.publish()
        assert await it.value("pickup_rate") == 0.9
        assert {name: count for (_, _, name), count in (await it.cells()).items()} == {
            "calls_received": 1000,
            "calls_answered": 900,
        }


async def test_receipt_unacknowledged_is_late_by_the_clock_alone(database_url):
    limit = datetime(2026, 3, 9, 23, 0, tzinfo=UTC)  # the seventh day after the receipt ends in Paris
    async with scoring(database_url, limit) as it:
        opened = an_answer("redirected", request_kind="email", redirected_to="B", redirected_at=RECEIVED_AT)
        await it.take(a_structure(), a_structure(code="B"), opened)
        await it.publish()
        assert await it.cells() == {}
        await it.settle(limit + SECOND)
        await it.publish()
        assert await it.value("acknowledgement_rate", structure="B") == 0
        await it.take(an_answer("acknowledged", request_kind="email", acknowledged_at=limit))
        await it.publish()
        assert await it.value("acknowledgement_rate", structure="B") == 1
        assert await it.audit() == []


async def test_both_limits_of_a_request_pass_one_after_the_other_or_at_once(database_url, make_database):
    promise = RECEIVED_AT + timedelta(days=20)
    opened = an_answer(
        "delay_notice", request_kind="email", channel="email", answer_due_at=promise, announced_at=RECEIVED_AT
    )
    steps = ([RECEIVED_AT + timedelta(days=9), promise + SECOND], [promise + SECOND])
    found = []
    for url, instants in zip((database_url, make_database()), steps, strict=True):
        async with scoring(url, RECEIVED_AT) as it:
            await it.take(a_structure(), opened)
            for instant in instants:
                await it.settle(instant)
                await it.publish()
            found.append(await it.cells())
            assert await it.audit() == []
    assert found[0] == found[1]
    assert {name for (_, _, name) in found[0]} == {"acknowledgement_due", "due", "overdue"}
