from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from spplus_contracts import FeedbackSubmitted
from spplus_feedback.bodies import AnswerBody, StoryBody
from spplus_feedback.stories import Address, Opinion, Submission, submitted

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


def a_body(**changes):
    return {"structure_codes": ["guichet"], "sentiment": "positive"} | changes


def faults(body):
    with pytest.raises(ValidationError) as caught:
        StoryBody.model_validate(body)
    return {".".join(map(str, fault["loc"])) for fault in caught.value.errors()}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"mail": "x"}, "mail"),
        ({"channels": ["pigeon"]}, "channels.0"),
        ({"engagements": ["5"]}, "engagements.0"),
        ({"country": "France"}, "country"),
        ({"title": "x" * 201}, "title"),
        ({"suggestion": "x" * 5_001}, "suggestion"),
        ({"story": "\x07"}, "story"),
        ({"structure_codes": ["moi@exemple.fr"]}, "structure_codes.0"),
    ],
)
def test_body_names_the_field_at_fault(changes, field):
    assert field in faults(a_body(**changes))


def test_blank_text_is_no_text():
    body = StoryBody.model_validate(a_body(story=" \n ", title=""))
    assert (body.story, body.title) == (None, None)


def test_line_ends_and_tabs_are_kept():
    assert StoryBody.model_validate(a_body(story="un\n\tdeux")).story == "un\n\tdeux"


def test_opinion_alone_is_enough_and_nothing_at_all_is_not():
    assert StoryBody.model_validate(a_body()).story is None
    assert faults({"structure_codes": ["guichet"]})


def test_every_fact_of_an_opinion_reaches_the_event():
    body = StoryBody.model_validate(
        a_body(dimensions={"relation": "negative"}, engagements=["sp-plus-2021/7"], proposal=True, department="2A")
    )
    opinion = Opinion(
        sentiment=body.sentiment,
        dimensions=body.dimensions,
        engagements=body.engagements,
        proposal=body.proposal,
        department=body.department,
    )
    address = Address("r-1", "guichet", frozenset(body.channels))
    event = submitted(Submission("f-1", (address,), MONDAY, MONDAY, opinion), address, None)
    assert FeedbackSubmitted.read_json(event.to_json()) == event
    assert event.dimensions.relation == "negative"
    assert (event.proposal, event.department, event.due_kind) == (True, "2A", None)


@pytest.mark.parametrize(
    "body",
    [
        {"outcome": "answered", "answer_due_on": "2027-01-01"},
        {"outcome": "delay_notice"},
        {"outcome": "redirected"},
        {"outcome": "forgotten"},
        {"outcome": "acknowledged", "text": "x"},
    ],
)
def test_statement_with_fields_of_another_outcome_is_refused(body):
    with pytest.raises(ValidationError):
        TypeAdapter(AnswerBody).validate_python(body)
