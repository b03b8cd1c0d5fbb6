"""An author takes a story back, or takes a copy along: no word stays anywhere, none is missing from the copy."""

import json
import logging
import uuid
from datetime import UTC, datetime

import asyncpg
import pytest

from spplus_feedback.moderation import handlers as moderation
from spplus_feedback.moderation.spans import Field, Kind, Place
from tests.support.intake import request_ids
from tests.support.scanning import tables_with
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]
MODERATOR = "account:7c0a7b0e-0000-4000-8000-000000000001"


async def publish(door, feedback_id):
    """A moderator masks a few letters and publishes."""
    connection = await asyncpg.connect(door.dsn)
    async with connection.transaction():
        await moderation.publish_story(
            connection,
            feedback_id,
            actor=MODERATOR,
            now=datetime.now(UTC),
            version=0,
            masks=[Place(Field.STORY, 0, 5, Kind.NAME)],
        )
    await connection.close()


async def draft(door, request_id, text):
    await door.fetch(
        "INSERT INTO drafts (request_id, account_id, text, state, saved_at) "
        "VALUES ($1::uuid, gen_random_uuid(), $2, 'new', now())",
        request_id,
        text,
    )


async def a_story_with_all_that_may_happen_to_it(door, word):
    """Told with a key, published with a mask, half answered, with a draft: each text holds the word."""
    key = {"Idempotency-Key": str(uuid.uuid4())}
    body = {
        "structure_codes": ["guichet", "mairie"],
        "sentiment": "negative",
        "title": f"Titre {word}",
        "story": f"Jeanne a dit {word} au guichet.",
        "suggestion": f"Moins de {word}",
    }
    told = (await door.http.post("/v1/feedback", json=body, headers=key)).json()
    await publish(door, told["feedback_id"])
    await door.answer(request_ids(told)[0], outcome="answered", text=f"Vous écrivez {word}.")
    await draft(door, request_ids(told)[1], f"Une réponse à {word}")
    return told, body, key


def a_word():
    return "sentinelle" + uuid.uuid4().hex[:12]


async def all_is_sent(door):
    (outbox,) = await door.fetch("SELECT count(*) FROM outbox")
    return outbox["count"] == 0


async def test_words_stand_where_they_must_and_in_no_event_no_act_and_no_log(door, caplog):
    caplog.set_level(logging.DEBUG)
    word = a_word()
    told, _, _ = await a_story_with_all_that_may_happen_to_it(door, word)
    assert await tables_with(door.dsn, word) == {"feedbacks", "statements", "drafts"}
    assert word not in caplog.text
    assert told["code"] not in caplog.text
    assert await tables_with(door.dsn, told["code"]) == set()


async def test_withdrawal_leaves_no_word_in_any_table(door):
    word = a_word()
    told, body, key = await a_story_with_all_that_may_happen_to_it(door, word)
    assert (await door.http.delete(f"/v1/feedback/{told['code']}")).status_code == 204

    assert await tables_with(door.dsn, word) == set()
    (sealed,) = await door.fetch(
        "SELECT sealed_code FROM idempotency_keys WHERE feedback_id = $1::uuid", told["feedback_id"]
    )
    assert sealed["sealed_code"] == b""
    assert (await door.http.post("/v1/feedback", json=body, headers=key)).status_code == 410
    copy = (await door.http.get(f"/v1/feedback/{told['code']}/export")).json()
    assert word not in json.dumps(copy)
    assert copy["withdrawn_at"] is not None
    await eventually(lambda: all_is_sent(door), "the withdrawal to be told to figures and mails")


async def test_copy_holds_every_word_and_act_and_nobody_is_named(door):
    word = a_word()
    told, body, _ = await a_story_with_all_that_may_happen_to_it(door, word)
    answer = await door.http.get(f"/v1/feedback/{told['code']}/export")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    copy = answer.json()

    assert copy["words"] == {name: body[name] for name in ("title", "story", "suggestion")}
    assert copy["public_words"]["story"] != body["story"]
    assert copy["masked_places"] == 1
    assert [request["structure_code"] for request in copy["requests"]] == ["guichet", "mairie"]
    assert copy["requests"][0]["statements"][0]["answer"] == f"Vous écrivez {word}."
    assert copy["requests"][1]["drafts"] == 1
    assert len(copy["idempotency_keys_used_at"]) == 1
    assert ("staff", "story.published") in {(act["who"], act["action"]) for act in copy["acts"]}
    assert MODERATOR.partition(":")[2] not in answer.text

    again = (await door.http.get(f"/v1/feedback/{told['code']}/export")).json()
    assert again["acts"][-1]["action"] == "story.exported"
    assert again["acts"][-1]["who"] == "author"


async def test_page_of_the_copy_shows_it_and_gives_the_file(door):
    word = a_word()
    told, _, _ = await a_story_with_all_that_may_happen_to_it(door, word)
    page = await door.http.post("/suivi/copie", data={"code": told["code"].lower()})
    assert page.status_code == 200
    assert page.text.count(word) >= 4
    assert "une personne habilitée" in page.text

    file = await door.http.post("/suivi/copie", data={"code": told["code"], "format": "json"})
    assert file.headers["content-disposition"].startswith("attachment")
    assert file.json()["feedback_id"] == told["feedback_id"]


@pytest.mark.parametrize(
    ("code", "status"), [("", 422), ("rien", 422), ("AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AA", 404), ("<b>", 422)]
)
async def test_wrong_code_gives_no_copy(door, code, status):
    page = await door.http.post("/suivi/copie", data={"code": code})
    assert page.status_code == status
    assert "<b>" not in page.text
    if code and "<" not in code:
        assert (await door.http.get(f"/v1/feedback/{code}/export")).status_code == 404


async def test_statements_on_privacy_and_accessibility_are_linked_from_each_page(door):
    home = (await door.http.get("/")).text
    for path in ("/confidentialite", "/accessibilite"):
        assert f'href="{path}"' in home
        page = await door.http.get(path)
        assert page.status_code == 200
    assert "Effacés 1 an après la dernière réponse" in (await door.http.get("/confidentialite")).text
