"""Stories that a moderator let through, as far as the public's reading is concerned."""

PUBLISH = """
UPDATE feedbacks SET
    moderation = 'published', moderated_at = coalesce($2, now()),
    public_title = title, public_story = story, public_suggestion = suggestion
WHERE feedback_id = $1::uuid RETURNING public_id::text
"""


async def publish(door, told, *, at=None):
    """Let the words of a story through; gives its public id."""
    [row] = await door.fetch(PUBLISH, told["feedback_id"], at)
    return row["public_id"]


async def read(door, **asked):
    """A page of the published experiences."""
    answer = await door.http.get("/v1/experiences", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def read_ids(door, **asked):
    """Ids of a page, in its order."""
    return [item["id"] for item in (await read(door, **asked))["items"]]
