"""A story kept back as probable abuse: nothing tells of it, its author sees it received, it goes out once at most."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from spplus_chassis.outbox import new_id
from spplus_contracts import FeedbackSubmitted
from spplus_contracts.topics import FEEDBACK_SUBMITTED, FEEDBACK_WITHDRAWN
from spplus_contracts.vocabulary import Sentiment
from spplus_feedback import codes
from spplus_feedback.handlers import release_story
from spplus_feedback.stories import Address, Hold, Opinion, Submission, Texts
from spplus_feedback.submitting import submit_feedbacks
from tests.support.intake import request_ids
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]
ACTOR = "account:1"


def now():
    return datetime.now(UTC)


async def a_held_story(door, **changes):
    """A story about two structures, kept back an hour ago."""
    at = now() - timedelta(hours=1)
    story = Submission(
        **{
            "feedback_id": new_id(),
            "addresses": (Address(new_id(), "guichet"), Address(new_id(), "mairie")),
            "submitted_at": at,
            "accepted_at": at,
            "opinion": Opinion(sentiment=Sentiment.NEGATIVE, department="42"),
            "texts": Texts(story="Toujours la même phrase."),
            "code": bytes.fromhex(new_id().replace("-", "")),
            "held_for": Hold.SAME_TEXT,
        }
        | changes
    )
    connection = await asyncpg.connect(door.dsn)
    async with connection.transaction():
        await submit_feedbacks(connection, [story], default_days=0)
    await connection.close()
    return story


async def release(door, feedback_id):
    connection = await asyncpg.connect(door.dsn)
    try:
        async with connection.transaction():
            return await release_story(connection, feedback_id, actor=ACTOR, now=now())
    finally:
        await connection.close()
        door.service.relay.wake()


async def first_told(door, topic, story):
    """The request of the first event about this story or about one that was told and taken back after it.

    Both speak of the same structure, so they share a partition: the second cannot overtake the first.
    """
    later = await door.tell()
    await door.http.delete(f"/v1/feedback/{later['code']}")
    about = {address.request_id for address in story.addresses} | set(request_ids(later))
    (record,) = (await door.heard(topic, 1, about))[:1]
    return json.loads(record.value)["request_id"], request_ids(later)[0]


async def acts_of(door, story):
    rows = await door.fetch(
        "SELECT actor, action, detail FROM acts WHERE feedback_id = $1::uuid ORDER BY act_id", story.feedback_id
    )
    return [(row["actor"], row["action"], json.loads(row["detail"])) for row in rows]


async def test_held_story_looks_received_to_its_author_and_exists_for_nobody_else(door):
    story = await a_held_story(door)
    request = story.addresses[0].request_id

    followed = await door.follow(codes.written(story.code))
    assert followed["status"] == "received"
    assert followed["story"] == "Toujours la même phrase."

    first, later = await first_told(door, FEEDBACK_SUBMITTED, story)
    assert first == later, "nothing told of the held story"
    waiting = await door.http.get("/v1/requests", params={"limit": 200}, headers=door.bearer())
    assert request not in {item["request_id"] for item in waiting.json()["items"]}
    assert (await door.answer(request, outcome="answered", text="Bonjour")).status_code == 404
    assert await acts_of(door, story) == [("platform", "story.held", {"reason": "same_text"})]


async def test_released_story_is_told_once_as_it_was_submitted_however_many_release_it(door):
    story = await a_held_story(door)
    released = await asyncio.gather(*(release(door, story.feedback_id) for _ in range(4)))
    assert sorted(released) == [False, False, False, True]
    assert not await release(door, story.feedback_id)

    requests = [address.request_id for address in story.addresses]
    records = await door.heard(FEEDBACK_SUBMITTED, 2, requests)
    events = {event.request_id: event for event in (FeedbackSubmitted.read_json(record.value) for record in records)}
    assert set(events) == set(requests)
    assert {event.submitted_at for event in events.values()} == {story.submitted_at}
    assert {event.department for event in events.values()} == {"42"}
    assert events[requests[1]].answer_due_at is not None, "the promise stands as it was announced"
    assert await door.fetch("SELECT 1 FROM held_events WHERE feedback_id = $1::uuid", story.feedback_id) == []
    assert (await acts_of(door, story))[1:] == [(ACTOR, "story.released", {})]
    assert (await door.answer(requests[0], outcome="answered", text="Bonjour")).status_code == 200

    await eventually(lambda: nothing_waits(door), "an empty outbox")
    assert len(await door.heard(FEEDBACK_SUBMITTED, 2, requests)) == 2


async def nothing_waits(door):
    (outbox,) = await door.fetch("SELECT count(*) FROM outbox")
    return outbox["count"] == 0


async def test_held_story_taken_back_by_its_author_is_never_told(door):
    story = await a_held_story(door)
    assert (await door.http.delete(f"/v1/feedback/{codes.written(story.code)}")).status_code == 204
    assert not await release(door, story.feedback_id)
    for topic in (FEEDBACK_SUBMITTED, FEEDBACK_WITHDRAWN):
        first, later = await first_told(door, topic, story)
        assert first == later, "what was never told is not taken back either"
    assert await door.fetch("SELECT 1 FROM held_events WHERE feedback_id = $1::uuid", story.feedback_id) == []
    assert (await door.follow(codes.written(story.code)))["status"] == "withdrawn"


async def test_release_and_withdrawal_at_once_leave_the_figures_without_the_story(door):
    story = await a_held_story(door)
    gone, released = await asyncio.gather(
        door.http.delete(f"/v1/feedback/{codes.written(story.code)}"), release(door, story.feedback_id)
    )
    assert gone.status_code == 204
    sent = await door.fetch(
        "SELECT 1 FROM feedbacks WHERE feedback_id = $1::uuid AND held_at IS NULL", story.feedback_id
    )
    assert bool(sent) is released
    assert (await door.follow(codes.written(story.code)))["status"] == "withdrawn"
    assert await door.fetch("SELECT 1 FROM held_events WHERE feedback_id = $1::uuid", story.feedback_id) == []
