"""The strategies by kind, on which the tests of scoring rest: each draws what it says, and all of it."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from spplus_contracts import FeedbackSubmitted
from spplus_contracts.vocabulary import FeedbackKind, Outcome, RequestKind, ScoreScale
from tests.support import builders, kinds


@given(kinds.survey_answers(), kinds.ratings())
def test_marks_lie_on_their_scale_and_wait_for_no_answer(survey: FeedbackSubmitted, rating: FeedbackSubmitted) -> None:
    for told, kind in ((survey, FeedbackKind.SURVEY), (rating, FeedbackKind.PROCEDURE_RATING)):
        assert told.kind is kind
        assert told.score is not None
        assert not told.answer_expected
        assert told.answer_due_at is None
    assert rating.procedure_code is not None


@given(st.sampled_from([ScoreScale.ZERO_TO_TEN, ScoreScale.ONE_TO_FIVE, ScoreScale.ONE_TO_FOUR]), st.data())
def test_a_scale_may_be_fixed(scale: ScoreScale, data: st.DataObject) -> None:
    told = data.draw(kinds.survey_answers(scale=scale))
    assert told.score is not None
    assert told.score.scale is scale


@given(kinds.acknowledgements(), kinds.delay_notices(), kinds.redirects(redirected_to="elsewhere"))
def test_single_requests_come_by_post_and_electronically(acknowledged, notice, redirect) -> None:
    outcomes = (Outcome.ACKNOWLEDGED, Outcome.DELAY_NOTICE, Outcome.REDIRECTED)
    for told, outcome in zip((acknowledged, notice, redirect), outcomes, strict=True):
        assert told.outcome is outcome
        assert (told.channel == "mail") == (told.request_kind is RequestKind.LETTER)
    assert redirect.redirected_to == "elsewhere"


@given(kinds.call_totals().flatmap(lambda slot: st.tuples(st.just(slot), kinds.corrections(slot, answered=0))))
def test_a_correction_is_the_same_slot_in_a_later_version(slots) -> None:
    before, after = slots
    assert (before.structure_code, before.month, before.request_kind) == (
        after.structure_code,
        after.month,
        after.request_kind,
    )
    assert after.version > before.version
    assert after.answered == 0


@given(kinds.successions())
def test_a_succession_closes_a_structure(told) -> None:
    before, after = told
    assert (before.code, before.version, after.version) == (after.code, 1, 2)
    assert before.closed_on is None
    assert after.closed_on is not None
    assert not after.active


def test_builders_of_what_happens_later() -> None:
    letter = builders.by_post()
    promised = builders.promising(letter)
    assert promised.answer_due_at == builders.DUE_AT
    assert builders.retracted(promised).retracted
    assert builders.corrected(letter, structure_code="67890").version == 2
    closed = builders.a_closed_structure(date(2026, 3, 15), successor_code="67890")
    assert (closed.version, closed.active, closed.successor_code) == (2, False, "67890")
    moved = builders.a_moved_structure(("a", date(2015, 1, 1)), ("b", date(2026, 3, 1)))
    assert [link.parent_code for link in moved.parents] == ["a", "b"]
    assert builders.a_rolling_figure().key == builders.a_rolling_figure(date(2026, 5, 1)).key


def test_a_busy_month_has_every_kind_of_opinion_and_the_calls() -> None:
    told = kinds.a_busy_month("12345", "2026-02")
    opinions = [event for event in told if isinstance(event, FeedbackSubmitted)]
    assert {event.kind for event in opinions} == set(FeedbackKind) - {FeedbackKind.UNKNOWN}
    assert len({event.request_id for event in opinions}) == len(opinions)
    assert len(told) == len(opinions) + 1
