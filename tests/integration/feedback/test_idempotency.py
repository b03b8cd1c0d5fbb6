"""A client may send its story again: the same key with the same body gets the same answer, once counted."""

import asyncio
import uuid

import asyncpg
import pytest

from tests.support.intake import a_story, opened
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


async def post(http, key, **changes):
    return await http.post("/v1/feedback", json=a_story(**changes), headers={"Idempotency-Key": key})


async def stories_with(door, text):
    (row,) = await door.fetch("SELECT count(*) FROM feedbacks WHERE story = $1", text)
    return row["count"]


async def test_same_key_and_body_gets_the_same_answer_with_its_code(door):
    key, text = str(uuid.uuid4()), f"Récit {uuid.uuid4()}"
    first = await post(door.http, key, story=text, structure_codes=["mairie", "guichet"])
    again = await post(door.http, f'"{key}"', story=text, structure_codes=["mairie", "guichet"])

    assert first.status_code == again.status_code == 202
    assert first.json() == again.json()
    assert await stories_with(door, text) == 1
    assert (await door.follow(again.json()["code"]))["feedback_id"] == first.json()["feedback_id"]


async def test_same_key_with_another_body_is_refused(door):
    key = str(uuid.uuid4())
    await post(door.http, key)
    other = await post(door.http, key, sentiment="positive")

    assert other.status_code == 422
    assert other.json()["errors"][0]["field"] == "header.idempotency-key"


async def test_key_of_a_withdrawn_story_is_gone(door):
    key = str(uuid.uuid4())
    told = (await post(door.http, key)).json()
    await door.http.delete(f"/v1/feedback/{told['code']}")

    assert (await post(door.http, key)).status_code == 410


async def test_key_in_flight_is_a_conflict(door):
    key = str(uuid.uuid4())
    blocker = await asyncpg.connect(door.dsn)
    try:
        async with blocker.transaction():
            await blocker.execute("LOCK TABLE feedbacks IN ACCESS EXCLUSIVE MODE")
            first = asyncio.create_task(post(door.http, key))
            await eventually(lambda: _waits(blocker), "the first request to wait for the lock")
            second = await post(door.http, key)
        assert second.status_code == 409
        assert (await first).status_code == 202
        assert (await post(door.http, key)).json() == (await first).json()
    finally:
        await blocker.close()


async def _waits(connection):
    return await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'")


async def test_two_replicas_with_the_same_key_take_one_story(door):
    key, text = str(uuid.uuid4()), f"Récit {uuid.uuid4()}"
    settings = door.service.settings.model_copy(update={"instance": "2"})
    async with opened(settings) as (_, other):
        answers = await asyncio.gather(*(post(http, key, story=text) for http in (door.http, other)))

    assert {answer.status_code for answer in answers} == {202}
    assert answers[0].json() == answers[1].json()
    assert await stories_with(door, text) == 1


@pytest.mark.parametrize("key", ["short", "with a space in the middle", "x" * 129])
async def test_key_that_could_be_guessed_is_refused(door, key):
    answer = await post(door.http, key)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "header.idempotency-key"


async def test_keys_are_stored_as_hashes_only(door):
    key = str(uuid.uuid4())
    told = (await post(door.http, key)).json()

    (row,) = await door.fetch("SELECT * FROM idempotency_keys WHERE feedback_id = $1::uuid", told["feedback_id"])
    assert key.encode() not in row["key_hash"]
    assert len(row["key_hash"]) == 32
