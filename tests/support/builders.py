"""Valid events with believable defaults; a test names only the fields it is about.

Times are fixed, so that a test never reads the clock. Ids are fixed as well: give others where a test needs two.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

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
