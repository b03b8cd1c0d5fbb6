"""Records that nobody should send, each with the reason for which it must be refused."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from spplus_contracts import Envelope, Event, FeedbackSubmitted, topic_of
from tests.support.builders import (
    ANSWERED_AT,
    RECEIVED_AT,
    a_bulk,
    a_feedback,
    a_structure,
    a_withdrawal,
    an_answer,
    an_envelope,
)

MARK = "x-poison"
"""Header that says why the record must be refused; no reader of the platform looks at it."""


@dataclass(frozen=True)
class Poison:
    """One bad record."""

    reason: str
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]

    @property
    def marked_headers(self) -> list[tuple[str, bytes | None]]:
        """Headers that say themselves what must become of the record."""
        return [*self.headers, (MARK, self.reason.encode())]


def poison(source: str, event_type: str = FeedbackSubmitted.TYPE) -> list[Poison]:
    """Bad in every way that the envelope and the JSON can be, in the name of a source."""
    sound = Envelope(id="poison", source=source, type=event_type, time=datetime(2024, 3, 5, tzinfo=UTC)).headers()
    typeless = [pair for pair in sound if pair[0] != "ce_type"]
    structured = [("content-type", b"application/cloudevents+json")]
    return [
        Poison("bad_json", b"k", b"{", sound),
        Poison("bad_json", b"\xff\x00", b"\xff\xfe\x00", sound),
        Poison("bad_json", b"k", b"[]", structured),
        Poison("invalid_data", b"k", b"{}", sound),
        Poison("unknown_type", None, b"{}", [*typeless, ("ce_type", b"fr.spplus.feedback.shouted.v1")]),
        Poison("null_header", b"k", b"{}", [*typeless, ("ce_type", None)]),
        Poison("bad_header", b"k", b"{}", [*typeless, ("ce_type", b"\xff\xfe")]),
        Poison("missing_attribute", None, b"{}", []),
    ]


def tombstones(source: str, *, reason: str = "tombstone") -> list[Poison]:
    """Records without a value, where a topic has none to give."""
    sound = poison(source)[0].headers
    return [Poison(reason, b"k", None, sound), Poison(reason, b"other", None, [])]


@dataclass(frozen=True)
class Impossible:
    """An event whose envelope and JSON are sound, and which says what cannot be."""

    reason: str
    field: str
    """What the refusal must name."""
    event: Event
    changes: dict[str, Any]
    """Fields of the data that are replaced; None sends null."""
    envelope: dict[str, Any]

    def record(self, event_id: str) -> tuple[str, bytes, bytes, list[tuple[str, bytes]]]:
        """Topic, key, value and headers."""
        data = json.loads(self.event.to_json()) | self.changes
        headers = an_envelope(self.event, id=event_id, **self.envelope).headers()
        return topic_of(self.event.TYPE).name, self.event.key.encode(), json.dumps(data).encode(), headers


def impossible(now: datetime) -> list[Impossible]:
    """Everything that cannot have happened, or cannot be counted, as of now."""
    before, ahead, early = RECEIVED_AT - timedelta(days=1), now + timedelta(hours=1), "2014-12-31T22:59:59Z"
    future, invalid = "in_the_future", "invalid_data"
    return [
        _of(future, "submitted_at", a_feedback(), submitted_at=_text(ahead)),
        _of(future, "announced_at", a_feedback(answer_due_at=ahead), announced_at=_text(ahead)),
        _of(future, "received_at", an_answer("delay_notice"), received_at=_text(ahead)),
        _of(future, "acknowledged_at", an_answer("acknowledged"), acknowledged_at=_text(ahead)),
        _of(future, "redirected_at", an_answer("redirected"), redirected_at=_text(ahead)),
        _of(future, "answered_at", an_answer(), answered_at=_text(ahead)),
        _of(future, "closed_at", an_answer("closed_unanswered"), closed_at=_text(ahead)),
        _of(future, "withdrawn_at", a_withdrawal(), withdrawn_at=_text(ahead)),
        _of(future, "month", a_bulk(), month=f"{now + timedelta(days=40):%Y-%m}"),
        Impossible(future, "ce_time", a_feedback(), {}, {"time": ahead}),
        _of(invalid, "answered_at", an_answer(), answered_at=_text(before)),
        _of(invalid, "acknowledged_at", an_answer("acknowledged"), acknowledged_at=_text(before)),
        _of(invalid, "redirected_at", an_answer("redirected"), redirected_at=_text(before)),
        _of(invalid, "closed_at", an_answer("closed_unanswered"), closed_at=_text(before)),
        _of(invalid, "submitted_at", a_feedback(), submitted_at=early),
        _of(invalid, "received_at", an_answer(), received_at=early),
        _of(invalid, "month", a_bulk(), month="2014-12"),
        _of(invalid, "month", a_bulk(), month="2026-13"),
        _of(invalid, "answer_due_at", a_feedback(), answer_due_at="9999-12-31T00:00:00Z"),
        _of(invalid, "submitted_at", a_feedback(), submitted_at="2026-03-02T09:00:00"),
        _of(invalid, "received", a_bulk(), received=-1),
        _of(invalid, "received", a_bulk(), received=10**12),
        _of(invalid, "received", a_bulk(), received="12"),
        _of(invalid, "answered", a_bulk(), answered=1001),
        _of(invalid, "answered", a_bulk(), answered=1.5),
        _of(invalid, "on_time", a_bulk(with_deadline=10, on_time=9), on_time=11),
        _of(invalid, "on_time", a_bulk(with_deadline=10, on_time=9), on_time=None),
        _of(invalid, "form", a_bulk(), form="yearly"),
        _of(invalid, "answered_at", an_answer(), answered_at=None),
        _of(invalid, "redirected_to", an_answer("redirected"), redirected_to=None),
        _of(invalid, "answered_at", an_answer("delay_notice"), answered_at=_text(ANSWERED_AT)),
        _of(invalid, "structure_code", a_feedback(), structure_code=None),
        _of(invalid, "structure_code", a_feedback(), structure_code="Mairie de Toulouse"),
        _of(invalid, "request_id", a_feedback(), request_id="jeanne@exemple.fr"),
        _of(invalid, "kind", a_feedback(), kind=5),
        _of(invalid, "version", a_feedback(), version=0),
        _of(invalid, "score.value", a_feedback(), score={"scale": "0-10", "value": 11}),
        _of(invalid, "valid_from", a_structure(), parents=[{"parent_code": "1", "valid_from": "0001-01-01"}]),
    ]


def _of(reason: str, field: str, event: Event, **changes: Any) -> Impossible:
    return Impossible(reason, field, event, changes, {})


def _text(instant: datetime) -> str:
    return instant.isoformat()
