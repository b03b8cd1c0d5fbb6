"""Valid events with believable defaults; a test names only the fields it is about.

Times are fixed, so that a test never reads the clock. Ids are fixed as well: give others where a test needs two.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from spplus_contracts import (
    BulkAnswers,
    Envelope,
    Event,
    FeedbackSubmitted,
    FeedbackWithdrawn,
    IndicatorComputed,
    SingleAnswer,
    StructureDeclared,
)

RECEIVED_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""When the default story is told."""
DUE_AT = RECEIVED_AT + timedelta(days=30)
"""Until when its answer is on time."""
ANSWERED_AT = RECEIVED_AT + timedelta(days=12)
"""When it is answered."""
STRUCTURE = "12345"
"""The default structure."""
EVENT_ID = "01978f2e-7c00-7000-8000-000000000001"
"""The default CloudEvents id."""

_Correctable = TypeVar("_Correctable", FeedbackSubmitted, SingleAnswer, BulkAnswers)


def a_feedback(**changes: Any) -> FeedbackSubmitted:
    """A positive experience told by a citizen, with an announced deadline."""
    fields: dict[str, Any] = {
        "request_id": "request-1",
        "feedback_id": "feedback-1",
        "structure_code": STRUCTURE,
        "kind": "experience",
        "submitted_at": RECEIVED_AT,
        "channels": ["desk"],
        "sentiment": "positive",
        "answer_due_at": DUE_AT,
        "announced_at": RECEIVED_AT,
        "due_kind": "rule",
    }
    return FeedbackSubmitted(**fields | changes)


def a_survey_answer(value: int = 8, scale: str = "0-10", **changes: Any) -> FeedbackSubmitted:
    """A sampled citizen's mark: no answer is expected, no deadline announced."""
    fields: dict[str, Any] = {"kind": "survey", "sentiment": None, "score": {"scale": scale, "value": value}}
    return a_feedback(**_UNAWAITED | fields | changes)


def a_rating(procedure: str = "carte-grise", value: int = 8, scale: str = "0-10", **changes: Any) -> FeedbackSubmitted:
    """A citizen's mark of an online procedure."""
    fields: dict[str, Any] = {
        "kind": "procedure_rating",
        "sentiment": None,
        "channels": ["online_procedure"],
        "procedure_code": procedure,
        "score": {"scale": scale, "value": value},
    }
    return a_feedback(**_UNAWAITED | fields | changes)


def a_finer_feedback(feelings: dict[str, str] | None = None, **changes: Any) -> FeedbackSubmitted:
    """An experience with finer feelings: `{"relation": "positive"}`; all five positive where none are given."""
    given = dict.fromkeys(DIMENSIONS, "positive") if feelings is None else feelings
    return a_feedback(**{"dimensions": given} | changes)


DIMENSIONS = ("accessibility", "information", "relation", "responsiveness", "simplicity")
"""The five finer feelings."""
_UNAWAITED: dict[str, Any] = {
    "answer_expected": False,
    "answer_due_at": None,
    "announced_at": None,
    "due_kind": None,
}

_OUTCOME_FIELDS: dict[str, dict[str, Any]] = {
    "acknowledged": {"acknowledged_at": RECEIVED_AT + timedelta(hours=1)},
    "delay_notice": {},
    "redirected": {"redirected_to": "67890", "redirected_at": RECEIVED_AT + timedelta(days=2)},
    "answered": {"answered_at": ANSWERED_AT},
    "closed_unanswered": {"closed_at": RECEIVED_AT + timedelta(days=60)},
}


def an_answer(outcome: str = "answered", **changes: Any) -> SingleAnswer:
    """What became of the default story; the fields that the outcome needs are filled in."""
    fields: dict[str, Any] = {
        "request_id": "request-1",
        "request_kind": "experience",
        "structure_code": STRUCTURE,
        "channel": "online_account",
        "received_at": RECEIVED_AT,
        "outcome": outcome,
    }
    return SingleAnswer(**fields | _OUTCOME_FIELDS.get(outcome, {}) | changes)


def by_post(outcome: str = "acknowledged", **changes: Any) -> SingleAnswer:
    """What became of a letter that the platform did not know; `acknowledged` opens it, without a deadline."""
    return an_answer(outcome, **{"request_id": "letter-1", "request_kind": "letter", "channel": "mail"} | changes)


def by_email(outcome: str = "acknowledged", **changes: Any) -> SingleAnswer:
    """The same of an electronic message."""
    return an_answer(outcome, **{"request_id": "email-1", "request_kind": "email", "channel": "email"} | changes)


def promising(answer: SingleAnswer, due_at: datetime = DUE_AT, announced_at: datetime | None = None) -> SingleAnswer:
    """The same acknowledgement or delay notice with a deadline, announced at receipt unless said otherwise."""
    return changed(answer, answer_due_at=due_at, announced_at=announced_at or answer.received_at)


def corrected(event: _Correctable, **changes: Any) -> _Correctable:
    """What the source says instead, one version later. A statement that had no id of its own keeps its event's id
    only if the test gives the same `statement_id` to both.
    """
    return changed(event, **{"version": event.version + 1} | changes)


def retracted(event: _Correctable) -> _Correctable:
    """The source takes it back."""
    return corrected(event, retracted=True)


def changed(event: _Correctable, **changes: Any) -> _Correctable:
    """The same event with other fields, validated again."""
    return type(event)(**event.model_dump() | changes)


def a_bulk(**changes: Any) -> BulkAnswers:
    """The calls of a month at a call centre."""
    fields: dict[str, Any] = {
        "structure_code": STRUCTURE,
        "request_kind": "call",
        "month": "2026-03",
        "received": 1000,
        "answered": 870,
    }
    return BulkAnswers(**fields | changes)


def a_withdrawal(**changes: Any) -> FeedbackWithdrawn:
    """The author of the default story takes it back."""
    fields: dict[str, Any] = {
        "request_id": "request-1",
        "structure_code": STRUCTURE,
        "reason": "author",
        "withdrawn_at": RECEIVED_AT + timedelta(days=1),
    }
    return FeedbackWithdrawn(**fields | changes)


def a_structure(**changes: Any) -> StructureDeclared:
    """An open office without a parent; `parent="..."` gives it one from 2015 on."""
    fields: dict[str, Any] = {
        "code": STRUCTURE,
        "version": 1,
        "name": "Service des impôts des particuliers de Villeneuve",
        "network": "DGFIP",
        "typology": "Service des impôts des particuliers",
        "department": "31",
        "post_code": "31000",
        "town": "Villeneuve",
        "announced_delays": [{"days": 30, "calendar": "calendar", "valid_from": date(2015, 1, 1)}],
    }
    parent = changes.pop("parent", None)
    if parent is not None:
        fields["parents"] = [{"parent_code": parent, "valid_from": date(2015, 1, 1)}]
    return StructureDeclared(**fields | changes)


def a_closed_structure(on: date, **changes: Any) -> StructureDeclared:
    """The default office, closed from a day on, told as a second version; `successor_code="..."` merges it."""
    return a_structure(**{"version": 2, "active": False, "closed_on": on} | changes)


def a_moved_structure(*parents: tuple[str | None, date], **changes: Any) -> StructureDeclared:
    """The default office under one parent after the other, told as a second version."""
    links = [{"parent_code": code, "valid_from": day} for code, day in parents]
    return a_structure(**{"version": 2, "parents": links} | changes)


def a_figure(**changes: Any) -> IndicatorComputed:
    """The satisfaction of a month. Where `status` is not ok, the number and its parts are left out."""
    fields: dict[str, Any] = {
        "indicator_code": "experience_satisfaction",
        "method_version": 1,
        "structure_code": STRUCTURE,
        "period": {"kind": "month", "start": date(2026, 3, 1), "end": date(2026, 4, 1)},
        "status": "ok",
        "n": 40,
        "unit": "rate",
        "provisional": False,
        "revision": 1,
        "computed_at": datetime(2026, 4, 2, 6, 0, tzinfo=UTC),
        "tree_on": date(2026, 4, 2),
    }
    if changes.get("status", "ok") == "ok":
        fields |= {
            "value": 0.75,
            "numerator": 30,
            "denominator": 40,
            "interval": {"low": 0.5981, "high": 0.8581, "method": "wilson"},
        }
    return IndicatorComputed(**fields | changes)


def a_rolling_figure(end: date = date(2026, 4, 1), **changes: Any) -> IndicatorComputed:
    """A figure of the twelve months before a day; all windows have one key."""
    start = end.replace(year=end.year - 1)
    return a_figure(**{"period": {"kind": "rolling_12", "start": start, "end": end}} | changes)


def an_envelope(event: Event | None = None, **changes: Any) -> Envelope:
    """The envelope of an event (the default story) emitted by the platform itself."""
    told = a_feedback() if event is None else event
    fields: dict[str, Any] = {
        "id": EVENT_ID,
        "source": "spplus",
        "type": told.TYPE,
        "time": told.happened_at or RECEIVED_AT,
        "subject": told.key,
    }
    return Envelope(**fields | changes)
