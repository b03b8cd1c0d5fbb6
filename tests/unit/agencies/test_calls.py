"""Taking a call apart: an event costs its own place, and no text makes it slow."""

import json

import pytest

from spplus_feedback.agencies.calls import MOST_EVENTS, TooManyEvents, UnreadableCall, read_batch, read_binary
from tests.support.agency import a_survey, said


def ids(body: bytes) -> list[str | None]:
    return [each.event_id if each.fault is None else each.fault.reason for each in read_batch(body)]


def a_batch(*elements: bytes) -> bytes:
    return b"[" + b",".join(elements) + b"]"


GOOD = json.dumps(said(a_survey(), "good")).encode()


@pytest.mark.parametrize(
    "broken",
    [
        b"nope",
        b"",
        b"{]",
        b'{"a": yes}',
        b"{'a': 1}",
        b'{"a": "\xff"}',
        b'{"a": 1, "a": 2}',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a": ' + b"1" * 5_000 + b"}",
        b'{"a": "],[", "b": }',
        b'{"a": "\\"]", "b": }',
        b"1 2",
    ],
)
def test_broken_event_costs_its_own_place_only(broken: bytes) -> None:
    assert ids(a_batch(GOOD, broken, GOOD)) == ["good", "bad_json", "good"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"null", b"[", b"[{}", b'[{"a": 1}, {"b": [}', b'["', b'["a', b"[{}]]", b"[{}] x", b"\xef\xbb\xbf[]"],
)
def test_call_that_breaks_off_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableCall):
        list(read_batch(body))


def test_quotes_without_end_are_given_up_at_once() -> None:
    with pytest.raises(UnreadableCall):
        list(read_batch(b'[nope "' + b'\\"' * 2_000_000))


def test_most_events_are_read_and_one_more_is_not() -> None:
    assert len(ids(a_batch(*[b"{}"] * MOST_EVENTS))) == MOST_EVENTS
    with pytest.raises(TooManyEvents):
        list(read_batch(a_batch(*[b"{}"] * (MOST_EVENTS + 1))))


def test_header_given_twice_is_refused() -> None:
    headers = [(b"ce-id", b"a"), (b"CE-ID", b"b"), (b"content-type", b"application/json")]
    fault = read_binary(headers, b"{}").fault
    assert fault is not None
    assert (fault.reason, fault.attribute) == ("bad_header", "ce_id")
