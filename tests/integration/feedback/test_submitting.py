"""A story that was accepted is in the database and on the bus; one that was not is in neither."""

import pytest

from spplus_contracts import FeedbackSubmitted, unwrap
from tests.support.bus import read_count

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


async def test_story_about_three_structures_becomes_three_events_of_one_feedback(door, story):
    body = story(structure_codes=["guichet", "mairie", "racine"], engagements=["sp-plus-2021/5"])
    answer = await door.http.post("/v1/feedback", json=body)

    assert answer.status_code == 202, answer.text
    told = answer.json()
    records = await read_count(door.bootstrap, door.prefix + "spplus.feedback.submitted.v1", 3)
    events = [FeedbackSubmitted.read_json(unwrap(record.headers, record.value)[1]) for record in records]
    assert {event.feedback_id for event in events} == {told["feedback_id"]}
    assert {event.request_id for event in events} == {request["request_id"] for request in told["requests"]}
    assert {record.key.decode() for record in records} == {"guichet", "mairie", "racine"}
    due = {event.structure_code: event.answer_due_at for event in events}
    assert due["guichet"] is None
    assert due["mairie"] is not None
