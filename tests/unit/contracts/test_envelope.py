"""The envelope is read in both modes, and whatever cannot be read is refused with a reason that names it."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spplus_contracts import EnvelopeError, structured, unwrap
from tests.support.builders import a_feedback, an_envelope

DATA = a_feedback().to_json()
STRUCTURED = [("content-type", b"application/cloudevents+json")]


def headers(**changes: bytes | None) -> list[tuple[str, bytes | None]]:
    """Headers of a good record; a changed one is named without ``ce_``."""
    pairs: dict[str, bytes | None] = dict(an_envelope().headers())
    return list((pairs | {f"ce_{name}": value for name, value in changes.items()}).items())


def test_traceparent_survives_both_modes() -> None:
    envelope = an_envelope(traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    assert unwrap(envelope.headers(), DATA)[0] == envelope
    assert unwrap(STRUCTURED, structured(envelope, DATA))[0] == envelope


def test_a_malformed_traceparent_is_dropped() -> None:
    assert unwrap([*headers(), ("traceparent", b"Jean Dupont")], DATA)[0].traceparent is None


def test_headers_of_others_are_ignored() -> None:
    assert unwrap([*headers(), ("x-other", None), ("y-other", b"\xff")], DATA)[0].id == an_envelope().id


def test_time_with_an_offset_is_kept_in_utc() -> None:
    read, _ = unwrap(headers(time=b"2026-03-02T10:00:00+01:00"), DATA)
    assert read.time == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert read.time.tzinfo is UTC


@pytest.mark.parametrize(
    ("changes", "reason", "named"),
    [
        ({"id": None}, "null_header", "ce_id"),
        ({"id": b"\xff"}, "bad_header", "ce_id"),
        ({"id": b""}, "missing_attribute", "id"),
        ({"source": b""}, "missing_attribute", "source"),
        ({"type": b""}, "missing_attribute", "type"),
        ({"time": b""}, "missing_attribute", "time"),
        ({"specversion": b"0.3"}, "bad_header", "specversion"),
        ({"id": b"x" * 257}, "bad_header", "id"),
        ({"id": b"one\x00two"}, "bad_header", "id"),
        ({"id": b"jean.dupont@example.org"}, "bad_header", "id"),
        ({"source": b"Jean Dupont"}, "bad_header", "source"),
        ({"subject": b"un avis\n"}, "bad_header", "subject"),
        ({"time": b"yesterday"}, "bad_header", "time"),
        ({"time": b"2026-03-02T10:00:00"}, "bad_header", "time"),
        ({"time": b"0001-01-01T00:00:00+05:00"}, "bad_header", "time"),
        ({"time": b"9999-12-31T23:59:59-05:00"}, "bad_header", "time"),
    ],
)
def test_a_bad_attribute_is_refused_by_name(changes: dict[str, bytes | None], reason: str, named: str) -> None:
    with pytest.raises(EnvelopeError, match=named) as refusal:
        unwrap(headers(**changes), DATA)
    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "tombstone"),
        (b"not json", "bad_json"),
        (b"\xff", "bad_json"),
        (b"[]", "bad_json"),
        (b"[" * 100_000, "bad_json"),
        (b"1" * 10_000, "bad_json"),
        (b"{}", "missing_attribute"),
        (b'{"data":{}}', "missing_attribute"),
        (
            b'{"data":{},"id":7,"source":"a","type":"b","time":"2026-03-02T10:00:00Z","specversion":"1.0"}',
            "missing_attribute",
        ),
        (
            b'{"data":{},"id":"\\ud800","source":"a","type":"b","time":"2026-03-02T10:00:00Z","specversion":"1.0"}',
            "bad_header",
        ),
    ],
)
def test_an_unreadable_structured_record_is_refused(value: bytes | None, reason: str) -> None:
    with pytest.raises(EnvelopeError) as refusal:
        unwrap(STRUCTURED, value)
    assert refusal.value.reason == reason


names = st.sampled_from(["ce_id", "ce_source", "ce_type", "ce_time", "ce_specversion", "content-type", "traceparent"])
odd_headers = st.lists(st.tuples(names | st.text(max_size=8), st.none() | st.binary(max_size=40)), max_size=8)


@given(odd_headers, st.none() | st.binary(max_size=200))
def test_any_record_is_read_or_refused_never_a_crash(
    pairs: list[tuple[str, bytes | None]], value: bytes | None
) -> None:
    assert _outcome(pairs, value) in {"read", "tombstone", "null_header", "bad_header", "missing_attribute", "bad_json"}


def _outcome(pairs: list[tuple[str, bytes | None]], value: bytes | None) -> str:
    try:
        unwrap(pairs, value)
    except EnvelopeError as refusal:
        return refusal.reason
    return "read"


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=9),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner),
    )
)
def test_any_json_in_structured_mode_is_read_or_refused(value: object) -> None:
    with pytest.raises(EnvelopeError):
        unwrap(STRUCTURED, json.dumps(value).encode())
