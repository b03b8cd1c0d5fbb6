"""What each decision of a moderator leaves: the words that the public reads, the trail, and what is told."""

import asyncio
import json

import pytest

from spplus_contracts import FeedbackWithdrawn
from spplus_contracts.topics import FEEDBACK_SUBMITTED, FEEDBACK_WITHDRAWN
from spplus_feedback.handlers import release_story
from spplus_feedback.moderation.handlers import (
    StoryChanged,
    StoryGone,
    StoryUnknown,
    mask_story,
    publish_story,
    reject_story,
    unpublish_story,
)
from spplus_feedback.moderation.reasons import Reason
from spplus_feedback.moderation.spans import BadSpan, Field, Kind, Place
from tests.support.intake import request_ids
from tests.support.moderating import ACTOR, a_held_story, act, acts_of, connected, now, place_of, story_row
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]
STORY = "Mme Dupont (06 12 34 56 78) m'a fait attendre."
PUBLIC = "Mme [nom masqué] ([numéro de téléphone masqué]) m'a fait attendre."
MASKS = [place_of(STORY, "Dupont"), place_of(STORY, "06 12 34 56 78", Kind.PHONE)]


async def test_published_story_is_read_by_the_public_with_its_places_masked_and_nothing_else_changed(door):
    told = await door.tell(story=STORY, title="Une heure d'attente")
    await act(door, mask_story, told["feedback_id"], masks=MASKS, version=0)
    row = await story_row(door, told["feedback_id"])
    assert (row["moderation"], row["public_story"], row["moderation_version"]) == ("pending", None, 1)
    await act(door, publish_story, told["feedback_id"], version=1)
    row = await story_row(door, told["feedback_id"])
    assert row["moderation"] == "published"
    assert row["moderated_at"] is not None
    assert (row["public_title"], row["public_story"], row["public_suggestion"]) == ("Une heure d'attente", PUBLIC, None)
    assert row["story"] == STORY, "those who answer read what was written"
    assert await acts_of(door, told["feedback_id"]) == [
        (ACTOR, "story.masked", '{"name": 1, "phone": 1}'),
        (ACTOR, "story.published", '{"name": 1, "phone": 1}'),
    ]


async def test_published_story_can_be_masked_further_and_nothing_shown_again(door):
    told = await door.tell(story=STORY)
    await act(door, publish_story, told["feedback_id"], masks=MASKS[:1], version=0)
    published = await story_row(door, told["feedback_id"])
    await act(door, mask_story, told["feedback_id"], masks=MASKS[1:], version=1)
    row = await story_row(door, told["feedback_id"])
    assert row["public_story"] == PUBLIC, "the name stays masked although it was not named again"
    assert row["moderated_at"] == published["moderated_at"], "it is the same publication"


async def test_story_taken_back_from_the_public_waits_again_with_its_masks(door):
    told = await door.tell(story=STORY)
    await act(door, publish_story, told["feedback_id"], masks=MASKS, version=0)
    await act(door, unpublish_story, told["feedback_id"], version=1)
    row = await story_row(door, told["feedback_id"])
    assert (row["moderation"], row["public_story"], row["moderated_at"]) == ("pending", None, None)
    assert [mask["kind"] for mask in json.loads(row["masks"])] == ["name", "phone"]
    await act(door, publish_story, told["feedback_id"], version=2)
    assert (await story_row(door, told["feedback_id"]))["public_story"] == PUBLIC
    assert [action for _, action, _ in await acts_of(door, told["feedback_id"])] == [
        "story.published",
        "story.unpublished",
        "story.published",
    ]


async def test_rejected_story_leaves_the_figures_once_for_each_request_and_its_words_are_deleted(door):
    told = await door.tell(structure_codes=["guichet", "mairie"], story=STORY)
    await act(door, reject_story, told["feedback_id"], reason=Reason.ABUSIVE, version=0)
    row = await story_row(door, told["feedback_id"])
    assert (row["moderation"], row["rejected_for"]) == ("rejected", "abusive")
    assert (row["title"], row["story"], row["public_story"], row["masks"]) == (None, None, None, "[]")
    assert row["withdrawn_at"] is not None
    kept = await door.fetch("SELECT status, sentiment FROM requests WHERE feedback_id = $1::uuid", told["feedback_id"])
    assert [tuple(request) for request in kept] == [("withdrawn", "negative")] * 2, "counted by feeling ever after"
    assert await acts_of(door, told["feedback_id"]) == [(ACTOR, "story.rejected", '{"reason": "abusive"}')]

    with pytest.raises(StoryGone):
        await act(door, reject_story, told["feedback_id"], reason=Reason.OFF_TOPIC)
    door.service.relay.wake()
    records = await door.heard(FEEDBACK_WITHDRAWN, 2, request_ids(told))
    events = [FeedbackWithdrawn.read_json(record.value) for record in records]
    assert {event.request_id for event in events} == set(request_ids(told))
    assert {event.reason.value for event in events} == {"moderation"}
    await eventually(lambda: nothing_waits(door), "an empty outbox")
    assert len(await door.heard(FEEDBACK_WITHDRAWN, 2, request_ids(told))) == 2


async def nothing_waits(door):
    (outbox,) = await door.fetch("SELECT count(*) FROM outbox")
    return outbox["count"] == 0


async def test_rejected_story_that_was_held_back_was_never_told(door):
    held = await a_held_story(door)
    await act(door, reject_story, held.feedback_id, reason=Reason.AUTOMATED, version=0)
    assert not await act(door, release_story, held.feedback_id)
    later = await door.tell()
    await door.http.delete(f"/v1/feedback/{later['code']}")
    about = {held.addresses[0].request_id, *request_ids(later)}
    for topic in (FEEDBACK_SUBMITTED, FEEDBACK_WITHDRAWN):
        (record,) = (await door.heard(topic, 1, about))[:1]
        assert json.loads(record.value)["request_id"] == request_ids(later)[0]
    assert await door.fetch("SELECT 1 FROM held_events WHERE feedback_id = $1::uuid", held.feedback_id) == []


async def test_published_story_can_still_be_rejected(door):
    told = await door.tell(story=STORY)
    await act(door, publish_story, told["feedback_id"], masks=[], version=0)
    await act(door, reject_story, told["feedback_id"], reason=Reason.PERSONAL_DATA, version=1)
    row = await story_row(door, told["feedback_id"])
    assert (row["public_story"], row["is_public"], row["moderation"]) == (None, False, "rejected")


async def test_of_two_moderators_at_once_one_decides_and_the_other_is_told(door):
    told = await door.tell(story=STORY)
    outcomes = await asyncio.gather(
        act(door, publish_story, told["feedback_id"], masks=MASKS, version=0, actor="account:1"),
        act(door, publish_story, told["feedback_id"], masks=[], version=0, actor="account:2"),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "StoryChanged"]
    first = "account:1" if outcomes[0] is None else "account:2"
    assert [actor for actor, _, _ in await acts_of(door, told["feedback_id"])] == [first]
    shown = (await story_row(door, told["feedback_id"]))["public_story"]
    assert shown == (PUBLIC if first == "account:1" else STORY)


@pytest.mark.parametrize("handler", [mask_story, publish_story, unpublish_story])
async def test_act_on_a_story_that_its_author_took_back_changes_nothing(door, handler):
    told = await door.tell(story=STORY)
    await door.http.delete(f"/v1/feedback/{told['code']}")
    more = {"masks": []} if handler is mask_story else {}
    with pytest.raises(StoryGone):
        await act(door, handler, told["feedback_id"], version=0, **more)


async def test_act_that_fails_leaves_no_trace(door):
    told = await door.tell(story=STORY)
    beyond = Place(Field.STORY, 0, 1_000, Kind.OTHER)
    with pytest.raises(BadSpan):
        await act(door, publish_story, told["feedback_id"], masks=[beyond], version=0)
    with pytest.raises(StoryChanged):
        await act(door, unpublish_story, told["feedback_id"], version=0)
    with pytest.raises(StoryUnknown):
        await act(door, publish_story, "00000000-0000-7000-8000-000000000000", version=0)
    assert await acts_of(door, told["feedback_id"]) == []
    assert (await story_row(door, told["feedback_id"]))["moderation"] == "pending"


async def test_held_story_is_not_published_before_it_is_let_through(door):
    held = await a_held_story(door)
    with pytest.raises(StoryChanged):
        await act(door, publish_story, held.feedback_id, version=0)
    assert await act(door, release_story, held.feedback_id)
    await act(door, publish_story, held.feedback_id, version=0)
    assert (await story_row(door, held.feedback_id))["is_public"]


async def test_act_undone_with_its_transaction_is_not_in_the_trail(door):
    told = await door.tell(story=STORY)
    async with connected(door) as connection:
        transaction = connection.transaction()
        await transaction.start()
        await publish_story(connection, told["feedback_id"], actor=ACTOR, now=now(), version=0)
        await transaction.rollback()
    assert await acts_of(door, told["feedback_id"]) == []


async def test_public_words_whose_original_is_deleted_can_be_masked_further_but_not_taken_back(door):
    told = await door.tell(story=STORY, title=None)
    await act(door, publish_story, told["feedback_id"], masks=MASKS[:1], version=0)
    async with connected(door) as connection:
        await connection.execute(
            "UPDATE feedbacks SET story = NULL, masks = '[]' WHERE feedback_id = $1::uuid", told["feedback_id"]
        )
    read = (await story_row(door, told["feedback_id"]))["public_story"]
    with pytest.raises(StoryChanged):
        await act(door, unpublish_story, told["feedback_id"], version=1)
    await act(door, mask_story, told["feedback_id"], masks=[place_of(read, "06 12 34 56 78", Kind.PHONE)], version=1)
    row = await story_row(door, told["feedback_id"])
    assert (row["public_story"], row["masks"], row["moderation"]) == (PUBLIC, "[]", "published")
    later = [place_of(PUBLIC, "attendre", Kind.OTHER)]
    await act(door, mask_story, told["feedback_id"], masks=later, version=2)
    shown = (await story_row(door, told["feedback_id"]))["public_story"]
    assert shown == PUBLIC.replace("attendre", "[donnée personnelle masquée]")
