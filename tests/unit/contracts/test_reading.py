"""Writers are closed, readers are open, and both refuse what the published schema does not allow."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from spplus_contracts import Event, FeedbackSubmitted, IndicatorComputed, RequestAnswered, StructureDeclared
from spplus_contracts.vocabulary import Channel, Sentiment
from tests.support.builders import (
    a_bulk,
    a_feedback,
    a_figure,
    a_structure,
    a_withdrawal,
    an_answer,
)

ONE_OF_EACH = [a_feedback(), an_answer(), a_bulk(), a_withdrawal(), a_structure(), a_figure()]


def changed(event: Event, **changes: Any) -> bytes:
    """The event's JSON with other values, also such that no writer can write."""
    return json.dumps(json.loads(event.to_json()) | changes).encode()


def fields_at_fault(error: ValidationError) -> list[str]:
    """Paths of the fields that an error names."""
    return [".".join(str(part) for part in fault["loc"]) for fault in error.errors()]


@pytest.mark.parametrize("event", ONE_OF_EACH, ids=lambda event: type(event).__name__)
def test_a_writer_refuses_an_unknown_field_and_a_reader_drops_it(event: Event) -> None:
    newer = changed(event, added_later="x")
    with pytest.raises(ValidationError, match="added_later"):
        type(event).model_validate_json(newer)
    assert type(event).read_json(newer) == event
    assert type(event).check_json(newer) == event


def test_an_unknown_value_is_read_as_unknown_and_stopped_at_the_gate() -> None:
    newer = changed(a_feedback(), sentiment="delighted", channels=["desk", "hologram", "telepathy"])
    event = FeedbackSubmitted.read_json(newer)
    assert event.sentiment is Sentiment.UNKNOWN
    assert event.channels == {Channel.DESK, Channel.UNKNOWN}
    with pytest.raises(ValidationError) as error:
        FeedbackSubmitted.check_json(newer)
    assert fields_at_fault(error.value) == ["channels.1", "channels.2", "sentiment"]
    assert "must be one of: positive, neutral, negative" in str(error.value)


@pytest.mark.parametrize("word", ["unknown", None, 3, "x" * 65])
def test_no_writer_can_say_unknown(word: object) -> None:
    with pytest.raises(ValidationError, match="kind"):
        FeedbackSubmitted.check_json(changed(a_feedback(), kind=word))


@pytest.mark.parametrize(
    ("event", "changes", "field"),
    [
        (a_feedback(), {"version": True}, "version"),
        (a_feedback(), {"version": "1"}, "version"),
        (a_feedback(), {"version": 0}, "version"),
        (a_feedback(), {"version": 2**31}, "version"),
        (a_feedback(), {"proposal": "yes"}, "proposal"),
        (a_feedback(), {"submitted_at": 1_700_000_000}, "submitted_at"),
        (a_feedback(), {"submitted_at": "2026-03-02T09:00:00"}, "submitted_at"),
        (a_feedback(), {"submitted_at": "2014-12-31T23:59:59Z"}, "submitted_at"),
        (a_feedback(), {"submitted_at": "9999-12-31T23:59:59-05:00"}, "submitted_at"),
        (a_feedback(), {"answer_due_at": "2100-01-01T00:00:00Z"}, "answer_due_at"),
        (a_feedback(), {"answer_due_at": None}, "announced_at"),
        (a_feedback(), {"score": {"scale": "1-5", "value": 0}}, "score.value"),
        (a_feedback(), {"score": {"scale": "1-4", "value": 5}}, "score.value"),
        (a_feedback(), {"request_id": "a\nb"}, "request_id"),
        (a_feedback(), {"request_id": "a\n"}, "request_id"),
        (a_feedback(), {"request_id": ""}, "request_id"),
        (a_feedback(), {"engagements": ["5"]}, "engagements.0"),
        (a_feedback(), {"channels": "desk"}, "channels"),
        (a_figure(), {"value": float("nan")}, "value"),
        (a_figure(), {"value": float("inf")}, "value"),
        (a_figure(), {"value": 1.2}, "value"),
        (a_figure(), {"value": None}, "value"),
        (a_figure(), {"n": 10**30}, "n"),
        (a_figure(), {"n": -1}, "n"),
        (a_figure(), {"tree_on": "0001-01-01"}, "tree_on"),
        (a_figure(), {"period": {"kind": "month", "start": "2026-03-01", "end": "2026-03-01"}}, "period.end"),
        (a_figure(), {"interval": {"low": 0.9, "high": 0.1, "method": "wilson"}}, "interval.high"),
        (a_figure(), {"status": "insufficient_sample"}, "value"),
        (a_structure(), {"name": "nul\x00"}, "name"),
        (a_structure(), {"name": ""}, "name"),
        (a_structure(), {"not_applicable": ["pickup_rate"] * 101}, "not_applicable"),
        (a_structure(), {"parents": [{"valid_from": "2020-01-01"}] * 201}, "parents"),
        (an_answer(), {"answered_at": "2026-03-02T08:59:59Z"}, "single.answered_at"),
        (an_answer(), {"answered_at": None}, "single.answered_at"),
        (an_answer(), {"answer_due_at": "2026-04-01T00:00:00Z"}, "single.answer_due_at"),
        (an_answer("redirected"), {"redirected_to": None}, "single.redirected_to"),
        (a_bulk(), {"answered": 1001}, "bulk.answered"),
        (a_bulk(), {"with_deadline": 3}, "bulk.on_time"),
        (a_bulk(), {"with_deadline": 3, "on_time": 4}, "bulk.on_time"),
        (a_bulk(), {"month": "2026-13"}, "bulk.month"),
    ],
)
def test_what_the_schema_forbids_is_refused_by_the_name_of_its_field(
    event: Event, changes: dict[str, Any], field: str
) -> None:
    reader = RequestAnswered if event.TYPE == RequestAnswered.TYPE else type(event)
    for read in (reader.read_json, reader.check_json):
        with pytest.raises(ValidationError) as error:
            read(changed(event, **changes))
        assert field in fields_at_fault(error.value)


def test_an_answer_without_its_form_is_refused() -> None:
    with pytest.raises(ValidationError, match="form"):
        RequestAnswered.read_json(b"{}")


@pytest.mark.parametrize("reader", [FeedbackSubmitted, RequestAnswered, IndicatorComputed, StructureDeclared])
@given(value=st.binary(max_size=60) | st.sampled_from([b"[" * 99_999, b'{"a":' * 99_999, b"null", b"1e999"]))
def test_any_bytes_are_read_or_refused_never_a_crash(reader: type[FeedbackSubmitted], value: bytes) -> None:
    with pytest.raises(ValidationError):
        reader.read_json(value)


def test_happened_at_is_the_latest_thing_said_to_have_happened() -> None:
    feedback = a_feedback(announced_at="2026-03-05T00:00:00Z")
    assert feedback.happened_at == feedback.announced_at
    answer = an_answer()
    assert answer.happened_at == answer.answered_at
    assert a_bulk().happened_at is None
    assert a_structure().happened_at is None
