"""The queue and its decisions for systems with a key: same rules, same trail, safe to retry."""

import pytest

from tests.support.moderating import acts_of, connected, story_row

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]
STORY = "Mme Dupont (06 12 34 56 78) m'a fait attendre."


async def waiting(door, by="racine"):
    """All that waits, over all pages."""
    items, cursor = [], None
    while True:
        params = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        answer = await door.http.get("/v1/moderation", params=params, headers=door.bearer(by))
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        cursor = answer.json()["next"]
        if cursor is None:
            return items


async def decide(door, told, by="racine", **body):
    return await door.http.post(f"/v1/moderation/{told['feedback_id']}", json=body, headers=door.bearer(by))


async def one(door, told, by="racine"):
    (item,) = [item for item in await waiting(door, by) if item["feedback_id"] == told["feedback_id"]]
    return item


async def test_queue_shows_oldest_first_what_is_probably_personal(door):
    first, second = await door.tell(story=STORY), await door.tell(story="Rien de personnel.")
    items = await waiting(door)
    ids = [item["feedback_id"] for item in items]
    assert len(set(ids)) == len(ids)
    assert ids.index(first["feedback_id"]) < ids.index(second["feedback_id"])
    item = await one(door, first)
    shown = [(place["kind"], STORY[place["start"] : place["end"]]) for place in item["found"]]
    assert shown == [("name", "Dupont"), ("phone", "06 12 34 56 78")]
    assert (await one(door, second))["found"] == []


async def test_reading_is_kept_in_the_trail_once(door):
    told = await door.tell()
    await waiting(door)
    await waiting(door)
    acts = await acts_of(door, told["feedback_id"])
    assert [action for _, action, _ in acts] == ["story.read"]
    assert acts[0][0].startswith("key:")


async def test_story_is_published_with_the_places_that_the_system_masks_and_a_retry_is_one_decision(door):
    told = await door.tell(story=STORY)
    item = await one(door, told)
    for _ in range(2):
        answer = await decide(door, told, decision="publish", version=item["version"], masks=item["found"])
        assert (answer.status_code, answer.json()) == (
            200,
            {"feedback_id": told["feedback_id"], "moderation": "published", "version": 1},
        )
    row = await story_row(door, told["feedback_id"])
    assert row["public_story"] == "Mme [nom masqué] ([numéro de téléphone masqué]) m'a fait attendre."
    assert [action for _, action, _ in await acts_of(door, told["feedback_id"])] == ["story.read", "story.published"]
    changed = await decide(door, told, decision="publish", version=0, masks=[])
    assert changed.status_code == 409


async def test_story_is_rejected_once(door):
    told = await door.tell(story=STORY)
    for _ in range(2):
        answer = await decide(door, told, decision="reject", version=0, reason="off_topic")
        assert (answer.status_code, answer.json()["moderation"]) == (200, "rejected")
    other = await decide(door, told, decision="reject", version=1, reason="abusive")
    assert other.status_code == 410
    assert [action for _, action, _ in await acts_of(door, told["feedback_id"])] == ["story.rejected"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (
            {
                "decision": "publish",
                "version": 0,
                "masks": [{"field": "story", "start": 0, "end": 999, "kind": "name"}],
            },
            "masks",
        ),
        (
            {"decision": "publish", "version": 0, "masks": [{"field": "code", "start": 0, "end": 2, "kind": "name"}]},
            "publish.masks.0.field",
        ),
        ({"decision": "publish", "version": 0, "masks": [], "story": "autre chose"}, "publish.story"),
        ({"decision": "reject", "version": 0, "reason": "parce que"}, "reject.reason"),
        ({"decision": "edit", "version": 0}, "body"),
    ],
)
async def test_what_is_no_decision_is_refused_with_its_field(door, body, field):
    told = await door.tell(story=STORY)
    answer = await decide(door, told, **body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert (await story_row(door, told["feedback_id"]))["moderation"] == "pending"


async def test_key_of_another_part_of_the_tree_sees_and_decides_nothing(door):
    told = await door.tell(story=STORY)
    assert told["feedback_id"] not in {item["feedback_id"] for item in await waiting(door, by="autre")}
    answer = await decide(door, told, by="autre", decision="publish", version=0, masks=[])
    assert answer.status_code == 404


async def test_key_without_the_scope_is_refused(door):
    async with connected(door) as connection:
        await connection.execute("UPDATE api_keys SET scopes = '{requests:read}' WHERE name = 'guichet'")
    answer = await door.http.get("/v1/moderation", headers=door.bearer("guichet"))
    assert answer.status_code == 403


async def test_cursor_that_is_none_is_refused(door):
    answer = await door.http.get("/v1/moderation", params={"cursor": "abc"}, headers=door.bearer())
    assert answer.status_code == 422
