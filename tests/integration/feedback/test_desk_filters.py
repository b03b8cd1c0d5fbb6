"""What an agency's key reads of its part of the tree: filtered, searched, without what is kept back or masked."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.intake import request_ids

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


async def listed(door, *, by="racine", **params):
    answer = await door.http.get("/v1/requests", params={"limit": 200} | params, headers=door.bearer(by))
    assert answer.status_code == 200, answer.text
    return {item["request_id"] for item in answer.json()["items"]}


async def test_overdue_and_due_before_narrow_the_list(door):
    now = datetime.now(UTC)
    late, soon = [
        request_ids(await door.tell(structure_codes=["mairie"], submitted_at=(now - timedelta(days=days)).isoformat()))[
            0
        ]
        for days in (40, 1)
    ]
    (undated,) = request_ids(await door.tell())

    assert {late, soon, undated} & await listed(door, overdue=True) == {late}
    assert {late, soon, undated} & await listed(door, overdue=False) == {soon, undated}
    assert {late, soon, undated} & await listed(door, due_before=(now + timedelta(days=60)).isoformat()) == {late, soon}
    assert {late, soon, undated} & await listed(door, due_before=now.isoformat(), overdue=False) == set()


async def test_words_are_found_whatever_their_accents_case_and_ending(door):
    (heater,) = request_ids(await door.tell(story="Les chauffages étaient ÉTEINTS à l’accueil."))
    (other,) = request_ids(await door.tell(story="Le parking était plein."))

    for words in ("chauffage eteint", "Chauffages ÉTEINTS", '"chauffages étaient"', "accueil -parking"):
        assert {heater, other} & await listed(door, q=words) == {heater}, words
    assert await listed(door, q="chauffage", by="autre") == set()
    assert (await door.http.get("/v1/requests", params={"q": "a\0b"}, headers=door.bearer())).status_code == 422


async def test_masked_words_are_neither_shown_nor_found(door):
    told = await door.tell(story="Appelez Madame Zorglub au guichet.")
    (request_id,) = request_ids(told)
    await door.fetch(
        "UPDATE feedbacks SET moderation = 'published', public_title = title, "
        "public_story = 'Appelez Madame [nom] au guichet.' WHERE feedback_id = $1::uuid",
        told["feedback_id"],
    )

    assert request_id not in await listed(door, q="zorglub")
    answer = await door.http.get("/v1/requests", params={"q": "madame guichet"}, headers=door.bearer())
    (shown,) = [item for item in answer.json()["items"] if item["request_id"] == request_id]
    assert shown["story"] == "Appelez Madame [nom] au guichet."


async def test_held_story_is_no_request_to_an_agent(door):
    told = await door.tell()
    (request_id,) = request_ids(told)
    await door.fetch("UPDATE feedbacks SET held_at = now() WHERE feedback_id = $1::uuid", told["feedback_id"])

    assert request_id not in await listed(door)
    assert (await door.answer(request_id, outcome="answered")).status_code == 404


async def test_what_a_key_says_is_traced_once_without_a_word(door):
    told = await door.tell()
    (request_id,) = request_ids(told)
    for _ in range(2):
        await door.answer(request_id, outcome="answered", text="Un secret de guichet")
    await door.answer(request_id, outcome="answered", answered_at="2999-01-01T00:00:00Z")

    (act,) = await door.fetch("SELECT * FROM acts WHERE request_id = $1::uuid", request_id)
    assert (act["action"], str(act["feedback_id"])) == ("request.answered", told["feedback_id"])
    assert act["actor"].startswith("key:")
    assert "secret" not in str(dict(act))
