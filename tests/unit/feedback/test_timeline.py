"""The steps of a story are the same whatever the order in which its statements are heard."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spplus_contracts.vocabulary import Outcome
from spplus_feedback.standing import Said, Status, standing
from spplus_feedback.stories import Moderation
from spplus_feedback.timeline import History, RequestHistory, Step, timeline

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOW = START + timedelta(days=100)


def day(number):
    return START + timedelta(days=number)


def said(outcome, on, *, due=None, to=None, name=None, retracted=False):
    due_at = None if due is None else day(due)
    return Said("desk", name or f"{outcome}-{on}", 1, outcome, day(on), due_at, to, retracted)


def a_request(*statements, due=15, expected=True, code="mairie", request_id="r1"):
    return RequestHistory(request_id, code, expected, None if due is None else day(due), tuple(statements))


def a_history(*requests, moderation=Moderation.PENDING, **more):
    return History(START, moderation, requests or (a_request(),), **more)


def steps(history, now=NOW):
    return [(one.step, one.done) for one in timeline(history, now)]


EVERYTHING = (
    said(Outcome.ACKNOWLEDGED, 1),
    said(Outcome.REDIRECTED, 2, to="prefecture"),
    said(Outcome.DELAY_NOTICE, 3, due=40),
    said(Outcome.ANSWERED, 30),
    said(Outcome.CLOSED_UNANSWERED, 31, retracted=True),
)


@pytest.mark.parametrize("heard", list(permutations(EVERYTHING)))
def test_steps_do_not_depend_on_the_order_of_hearing(heard):
    told = timeline(a_history(a_request(*heard)), NOW)
    assert told == timeline(a_history(a_request(*EVERYTHING)), NOW)
    assert [one.step for one in told if one.done] == [
        Step.RECEIVED,
        Step.PROMISED,
        Step.ACKNOWLEDGED,
        Step.REDIRECTED,
        Step.POSTPONED,
        Step.ANSWERED,
    ]
    assert [one.structure_code for one in told if one.step is Step.ANSWERED] == ["prefecture"]


def test_new_story_waits_for_a_moderator_and_for_its_answer():
    told = timeline(a_history(), day(3))
    assert [(one.step, one.done) for one in told] == [
        (Step.RECEIVED, True),
        (Step.PROMISED, True),
        (Step.READ, False),
        (Step.ANSWERED, False),
    ]
    assert told[-1].due_at == day(15)
    assert not told[-1].overdue


def test_new_promise_tells_the_first_one_too_and_is_judged_against_it():
    told = timeline(a_history(a_request(said(Outcome.DELAY_NOTICE, 10, due=40))), day(20))
    postponed = next(one for one in told if one.step is Step.POSTPONED)
    assert (postponed.first_due_at, postponed.due_at) == (day(15), day(40))
    assert (told[-1].due_at, told[-1].first_due_at, told[-1].overdue) == (day(40), day(15), True)


def test_first_promise_may_come_later_and_a_promise_said_again_is_no_step():
    request = a_request(
        said(Outcome.ACKNOWLEDGED, 1, due=10), said(Outcome.DELAY_NOTICE, 2, due=10, name="again"), due=None
    )
    assert steps(a_history(request), day(3)) == [
        (Step.RECEIVED, True),
        (Step.PROMISED, True),
        (Step.ACKNOWLEDGED, True),
        (Step.READ, False),
        (Step.ANSWERED, False),
    ]


def test_a_deadline_exactly_met_is_not_overdue():
    assert not timeline(a_history(), day(15))[-1].overdue
    assert timeline(a_history(), day(15) + timedelta(microseconds=1))[-1].overdue


@pytest.mark.parametrize(
    ("moderation", "more", "expected"),
    [
        (Moderation.PUBLISHED, {"moderated_at": day(2)}, [(Step.READ, True), (Step.PUBLISHED, True)]),
        (Moderation.WORDLESS, {}, []),
        (Moderation.PENDING, {}, [(Step.READ, False)]),
    ],
)
def test_what_a_moderator_did_is_told(moderation, more, expected):
    told = steps(a_history(a_request(due=None, expected=False), moderation=moderation, **more))
    assert told == [(Step.RECEIVED, True), *expected]


def test_refused_story_tells_why_and_expects_nothing_more():
    more = {"moderated_at": day(2), "rejected_for": "insult", "withdrawn_at": day(2)}
    told = timeline(a_history(moderation=Moderation.REJECTED, **more), NOW)
    assert [one.step for one in told] == [Step.RECEIVED, Step.PROMISED, Step.READ, Step.REFUSED]
    assert told[-1].reason == "insult"


def test_withdrawn_story_ends_there():
    told = timeline(a_history(moderation=Moderation.PENDING, withdrawn_at=day(5)), NOW)
    assert [(one.step, one.done) for one in told][-1] == (Step.WITHDRAWN, True)
    assert all(one.done for one in told)


def test_each_request_has_its_own_steps():
    requests = (
        a_request(said(Outcome.ANSWERED, 4)),
        a_request(code="guichet", request_id="r2", due=None),
    )
    told = timeline(a_history(*requests), day(5))
    assert [(one.step, one.request_id) for one in told if one.step is Step.ANSWERED] == [
        (Step.ANSWERED, "r1"),
        (Step.ANSWERED, "r2"),
    ]


STATEMENTS = st.lists(
    st.builds(
        Said,
        source=st.sampled_from(["desk", "agency"]),
        statement_id=st.sampled_from("abcdef"),
        version=st.just(1),
        outcome=st.sampled_from([*Outcome]),
        said_at=st.integers(0, 20).map(day),
        announced_due_at=st.none() | st.integers(5, 60).map(day),
        redirected_to=st.none() | st.sampled_from(["x", "y"]),
        retracted=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda one: (one.source, one.statement_id),
)


@given(STATEMENTS, st.randoms(use_true_random=False), st.booleans())
def test_any_statements_in_any_order_give_the_same_steps_that_agree_with_the_standing(heard, chance, expected):
    mixed = list(heard)
    chance.shuffle(mixed)
    told = timeline(a_history(a_request(*heard, expected=expected)), NOW)
    assert told == timeline(a_history(a_request(*mixed, expected=expected)), NOW)
    instants = [one.at for one in told if one.done]
    assert instants == sorted(instants)
    assert [one.done for one in told] == sorted((one.done for one in told), reverse=True)
    derived = standing("mairie", day(15), heard)
    waits = [one for one in told if one.step is Step.ANSWERED and not one.done]
    assert bool(waits) == (expected and derived.status is Status.WAITING)
    for one in waits:
        assert (one.structure_code, one.due_at) == (derived.holder_code, derived.promised_at)
