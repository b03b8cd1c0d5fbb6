"""Hostile bodies: never a fault of ours, a clear reason for each event, and neighbours that are taken all the same."""

import json
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spplus_feedback.reasons import HTTP, REASONS
from tests.support.agency import Agency, a_letter, a_survey, said, some_calls

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

KNOWN = {reason.code for reason in REASONS if HTTP in reason.doors}
READABLE = {"accepted", "duplicate"}
hostile_settings = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
EVENTS = [a_survey(channels=["desk", "phone"]), a_letter(), some_calls()]
NAMES = ["specversion", "id", "source", "type", "time", "data", "subject", "datacontenttype", "traceparent"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def spoilt(event: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    """An event with one attribute, or one field of its data, replaced."""
    return event | {name: value} if name in NAMES else event | {"data": event["data"] | {name: value}}


@st.composite
def wrong_types(draw: st.DrawFn) -> bytes:
    event = said(draw(st.sampled_from(EVENTS)))
    name = draw(st.sampled_from(NAMES + sorted(event["data"])))
    return json.dumps(spoilt(event, name, draw(json_values))).encode("utf-8", "surrogatepass")


BOMBS = [
    b"[" * 5_000 + b"]" * 5_000,
    b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    json.dumps(said(a_survey())).encode().replace(b'"survey"', b'"survey","x":' + b"[" * 900 + b"]" * 900),
    b'{"id": ' + b"9" * 10_000 + b"}",
    b'{"id": -1e999999, "data": 1E400}',
    b'{"id": NaN}',
    b'{"id": "a", "id": "b"}',
    b'{"id": "\xff\xfe", "type": "\xc3\x28"}',
    b'{"id": "\\ud800", "source": "\\udfff"}',
    b'{"id": "\\u0000"}',
    b"nope",
    b"{]",
    b"{}{}",
    b'"' + b'\\"' * 20_000 + b'"',
    b"",
    b"\x00",
    b"\xef\xbb\xbf{}",
    b"'single'",
    b"/* comment */ 1",
]
elements = st.sampled_from(BOMBS) | wrong_types()


def problems_of(answer) -> None:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code


@hostile_settings
@given(hostile=st.lists(elements, max_size=6), places=st.lists(st.integers(0, 6), min_size=1, max_size=3))
async def test_neighbours_of_hostile_events_are_taken(agency: Agency, hostile: list[bytes], places: list[int]) -> None:
    whole: list[tuple[bytes, bool]] = [(body, False) for body in hostile]
    for place in places:
        whole.insert(place, (json.dumps(said(a_survey(), str(uuid4()))).encode(), True))
    answer = await agency.post(b" [ " + b" ,\n".join(body for body, _ in whole) + b" ] ")
    assert answer.status_code == 200, answer.text
    results = answer.json()["results"]
    assert len(results) == len(whole)
    for result, (_, good) in zip(results, whole, strict=True):
        assert result["status"] == "accepted" if good else (result["status"] in READABLE or result["reason"] in KNOWN)


@hostile_settings
@given(cut=st.integers(0, 4_000), junk=st.binary(max_size=40), places=st.lists(st.integers(0, 4_000), max_size=3))
async def test_any_bytes_are_answered_clearly(agency: Agency, cut: int, junk: bytes, places: list[int]) -> None:
    body = bytearray(json.dumps([said(event) for event in EVENTS]).encode()[:cut])
    for place in places:
        body[place:place] = junk
    answer = await agency.post(bytes(body))
    assert answer.status_code in {200, 400}
    if answer.status_code == 400:
        problems_of(answer)
    else:
        assert all(item["status"] in READABLE or item["reason"] in KNOWN for item in answer.json()["results"])


@hostile_settings
@given(
    body=st.binary(max_size=200) | elements, kind=st.sampled_from(["application/json", "application/cloudevents+json"])
)
async def test_any_single_event_is_answered_clearly(agency: Agency, body: bytes, kind: str) -> None:
    envelope = {"ce_id": "x", "ce_source": "agence", "ce_type": a_survey().TYPE, "ce_time": "2024-01-01T00:00:00Z"}
    answer = await agency.post(body, content_type=kind, **envelope, ce_specversion="1.0")
    assert answer.status_code in {200, 422}
    if answer.status_code == 422:
        problems_of(answer)
        assert answer.json()["reason"] in KNOWN


@pytest.mark.parametrize(
    ("name", "value"),
    [("ce_id", "%ff"), ("ce_id", "%00"), ("ce_time", ""), ("ce_source", "%E2%82%AC"), ("ce_type", "x" * 5_000)],
)
async def test_hostile_headers_are_answered_clearly(agency: Agency, name: str, value: str) -> None:
    sound = {"ce_id": "x", "ce_source": "agence", "ce_type": a_survey().TYPE, "ce_time": "2024-01-01T00:00:00Z"}
    answer = await agency.post(b"{}", content_type="application/json", ce_specversion="1.0", **(sound | {name: value}))
    assert (answer.status_code, answer.json()["reason"] in KNOWN) == (422, True)


async def test_a_thousand_events_are_taken_and_one_more_is_too_many(agency: Agency) -> None:
    events = [said(a_survey(request_id=f"many-{number}"), f"many-{number}") for number in range(1_001)]
    answer = await agency.post(events)
    assert answer.status_code == 413
    results = await agency.tell(*events[:1_000])
    assert {result["status"] for result in results} == {"accepted"}
