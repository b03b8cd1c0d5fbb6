"""The CloudEvents SDK as an outside judge: what it sends in each mode is taken."""

import json
from uuid import uuid4

import pytest
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent

from spplus_contracts import Event
from tests.support.agency import AGENCY, TOLD_AT, Agency, a_letter, a_survey, some_calls, taken_back

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

EVENTS = [a_survey(), a_letter(), some_calls(), taken_back()]
BATCH = "application/cloudevents-batch+json"


def by_sdk(event: Event, **more: str) -> CloudEvent:
    attributes = {
        "id": str(uuid4()),
        "source": AGENCY.code,
        "type": event.TYPE,
        "time": TOLD_AT,
        "specversion": "1.0",
        "datacontenttype": "application/json",
        "subject": event.key,
    }
    return CloudEvent(attributes=attributes | more, data=json.loads(event.to_json()))


@pytest.mark.parametrize("mode", [to_structured_event, to_binary_event])
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
async def test_an_event_of_the_sdk_is_taken_and_known_again(agency: Agency, event: Event, mode) -> None:
    emitted = by_sdk(event)
    message = mode(emitted)
    headers = {name.replace("-", "_"): value for name, value in message.headers.items()}
    for status in ("accepted", "duplicate"):
        answer = await agency.post(bytes(message.body), **headers)
        assert answer.status_code == 200, answer.text
        assert [(result["id"], result["status"]) for result in answer.json()["results"]] == [(emitted.get_id(), status)]


async def test_a_batch_of_the_sdk_is_taken(agency: Agency) -> None:
    bodies = [bytes(to_structured_event(by_sdk(event)).body) for event in EVENTS]
    answer = await agency.post(b"[" + b",".join(bodies) + b"]", content_type=BATCH)
    assert [result["status"] for result in answer.json()["results"]] == ["accepted"] * len(EVENTS)


async def test_the_three_modes_say_the_same_event(agency: Agency) -> None:
    emitted = by_sdk(a_survey())
    verdicts = []
    for mode in (to_structured_event, to_binary_event):
        message = mode(emitted)
        headers = {name.replace("-", "_"): value for name, value in message.headers.items()}
        verdicts.append((await agency.post(bytes(message.body), **headers)).json()["results"][0]["status"])
    body = bytes(to_structured_event(emitted).body)
    verdicts.append((await agency.post(b"[" + body + b"]")).json()["results"][0]["status"])
    assert verdicts == ["accepted", "duplicate", "duplicate"]


async def test_data_as_base64_are_read(agency: Agency) -> None:
    event = a_survey()
    attributes = {
        "id": str(uuid4()), "source": AGENCY.code, "type": event.TYPE, "time": TOLD_AT, "specversion": "1.0",
    }  # fmt: skip
    message = to_structured_event(CloudEvent(attributes=attributes, data=event.to_json()))
    assert b"data_base64" in bytes(message.body)
    answer = await agency.post(bytes(message.body), content_type="application/cloudevents+json")
    assert answer.json()["accepted"] == 1
