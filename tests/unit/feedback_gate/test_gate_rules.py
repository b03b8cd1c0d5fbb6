from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from spplus_contracts import FeedbackSubmitted, FeedbackWithdrawn, SingleAnswer, StructureDeclared
from spplus_feedback.gate_rules import (
    AgencyEvent,
    Source,
    Tree,
    judge_clock,
    judge_event,
    judge_source,
    story_of,
)
from tests.support.builders import a_bulk, a_feedback, a_withdrawal, an_answer, an_envelope

APPENDED_AT = datetime(2026, 6, 30, 21, 57, tzinfo=UTC)
TREE = {"ROOT": None, "MINE": "ROOT", "12345": "MINE", "DEEP": "12345", "OTHER": "ROOT"}
STORY = "0b7e2b8a-1c5d-4d53-9b1f-3a3a5d1c2e4f"
STORIES = {STORY: frozenset({"DEEP"}), "elsewhere": frozenset({"OTHER"}), "redirected": frozenset({"OTHER", "MINE"})}

SOURCE = Source(
    code="agency",
    feedback_kinds=frozenset({"survey"}),
    single_kinds=frozenset({"experience", "letter"}),
    bulk_kinds=frozenset({"call"}),
    structure_codes=frozenset({"MINE"}),
)


def reason(event: AgencyEvent, source: Source = SOURCE) -> str | None:
    verdict = judge_event(source, event, Tree(TREE), STORIES)
    return None if verdict is None else verdict.reason


def about_a_story(request_id: str, **changes: Any) -> SingleAnswer:
    return an_answer(request_source="spplus", request_id=request_id, **changes)


@pytest.mark.parametrize(
    ("source", "event_type", "expected"),
    [
        (None, FeedbackSubmitted.TYPE, "unknown_source"),
        (Source("a", active=False, feedback_kinds=frozenset({"survey"})), FeedbackSubmitted.TYPE, "inactive_source"),
        (Source("a", single_kinds=frozenset({"letter"})), FeedbackSubmitted.TYPE, "type_not_granted"),
        (Source("a", single_kinds=frozenset({"letter"})), FeedbackWithdrawn.TYPE, "type_not_granted"),
        (Source("a", feedback_kinds=frozenset({"survey"})), SingleAnswer.TYPE, "type_not_granted"),
        (Source("a", feedback_kinds=frozenset({"survey"})), StructureDeclared.TYPE, "type_not_granted"),
        (Source("a", feedback_kinds=frozenset({"survey"})), FeedbackWithdrawn.TYPE, None),
        (Source("a", bulk_kinds=frozenset({"call"})), SingleAnswer.TYPE, None),
    ],
)
def test_judge_source_by_register(source: Source | None, event_type: str, expected: str | None) -> None:
    verdict = judge_source(source, event_type)
    assert (verdict.reason if verdict else None) == expected


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (a_feedback(kind="survey"), None),
        (a_feedback(kind="experience"), "kind_not_granted"),
        (an_answer(request_kind="letter"), None),
        (an_answer(request_kind="complaint"), "kind_not_granted"),
        (an_answer(request_kind="call"), "form_not_granted"),
        (a_bulk(request_kind="call"), None),
        (a_bulk(request_kind="letter"), "form_not_granted"),
        (a_bulk(request_kind="email"), "kind_not_granted"),
        (a_withdrawal(), None),
    ],
)
def test_judge_event_by_kind_and_form(event: AgencyEvent, expected: str | None) -> None:
    assert reason(event) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [("MINE", None), ("DEEP", None), ("ROOT", "outside_part"), ("OTHER", "outside_part"), ("NEW", "unknown_structure")],
)
def test_judge_event_by_part_of_the_tree(code: str, expected: str | None) -> None:
    assert reason(a_feedback(kind="survey", structure_code=code)) == expected
    assert reason(a_bulk(structure_code=code)) == expected
    assert reason(a_withdrawal(structure_code=code)) == expected


def test_judge_event_redirect_may_leave_the_part_but_not_the_tree() -> None:
    assert reason(an_answer("redirected", redirected_to="OTHER")) is None
    assert reason(an_answer("redirected", redirected_to="NOWHERE")) == "unknown_structure"


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (a_feedback(kind="survey", request_source="agency"), None),
        (a_feedback(kind="survey", request_source="spplus"), "foreign_request"),
        (a_feedback(kind="survey", request_source="rival"), "foreign_request"),
        (an_answer(request_source="rival"), "foreign_request"),
        (a_withdrawal(request_source="agency"), None),
        (a_withdrawal(request_source="spplus", request_id=STORY), "foreign_request"),
        (a_withdrawal(request_source="rival"), "foreign_request"),
        (about_a_story(STORY), None),
        (about_a_story("redirected"), None),
        (about_a_story("elsewhere"), "outside_part"),
        (about_a_story("never-told"), "unknown_request"),
        (about_a_story(STORY, structure_code="OTHER"), "outside_part"),
    ],
)
def test_judge_event_by_owner_of_the_request(event: AgencyEvent, expected: str | None) -> None:
    assert reason(event) == expected


def test_story_of_names_only_answers_to_the_platform() -> None:
    assert story_of(about_a_story(STORY)) == STORY
    assert story_of(an_answer()) is None
    assert story_of(a_withdrawal(request_source="spplus")) is None


@pytest.mark.parametrize(("seconds", "expected"), [(300, None), (301, "in_the_future")])
def test_judge_clock_by_the_broker(seconds: int, expected: str | None) -> None:
    at = APPENDED_AT + timedelta(seconds=seconds)
    told = a_withdrawal(withdrawn_at=at)
    late = judge_clock(an_envelope(time=APPENDED_AT), told, APPENDED_AT)
    said = judge_clock(an_envelope(time=at), a_feedback(), APPENDED_AT)
    assert (late.reason if late else None) == expected
    assert (said.reason if said else None) == expected


@pytest.mark.parametrize(("month", "expected"), [("2026-06", None), ("2026-07", "in_the_future")])
def test_judge_clock_of_a_month_is_that_of_paris(month: str, expected: str | None) -> None:
    # With the tolerance it is 22:02 UTC, and July has begun in Paris; a minute after noon it has not.
    assert judge_clock(an_envelope(time=APPENDED_AT), a_bulk(month="2026-07"), APPENDED_AT) is None
    noon = APPENDED_AT.replace(hour=12)
    verdict = judge_clock(an_envelope(time=noon), a_bulk(month=month), noon)
    assert (verdict.reason if verdict else None) == expected
