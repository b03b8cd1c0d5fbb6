"""What the public reads of the stories, by JSON."""

import pytest

from tests.support.intake import request_ids
from tests.support.publishing import publish, read_ids

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


async def test_experience_is_read_once_its_words_are_let_through(door):
    told = await door.tell(title="Rendez-vous manqué", story="Personne au guichet.", suggestion="Prévenir par SMS.")
    [public_id] = [
        row["public_id"]
        for row in await door.fetch(
            "SELECT public_id::text FROM feedbacks WHERE feedback_id = $1::uuid", told["feedback_id"]
        )
    ]
    assert public_id not in await read_ids(door)
    assert (await door.http.get(f"/v1/experiences/{public_id}")).status_code == 404

    await publish(door, told)
    answer = await door.http.get(f"/v1/experiences/{public_id}")
    one = answer.json()
    assert (one["title"], one["story"], one["suggestion"]) == (
        "Rendez-vous manqué",
        "Personne au guichet.",
        "Prévenir par SMS.",
    )
    assert one["structures"] == [
        {
            "structure_code": "guichet",
            "structure_name": "Centre des impôts de Saint-Étienne",
            "handled_by": None,
            "channels": ["desk", "phone"],
            "status": "waiting",
            "answers": [],
        }
    ]
    assert public_id == (await read_ids(door))[0]
    private = {told["feedback_id"], told["code"], *request_ids(told)}
    assert not any(secret in answer.text for secret in private)


async def test_answer_is_read_with_its_story(door):
    told = await door.tell(structure_codes=["guichet", "mairie"])
    public_id = await publish(door, told)
    first, second = request_ids(told)
    assert (await door.answer(first, outcome="answered", text="Nous avons ouvert un guichet.")).status_code == 200
    await door.fetch(
        "INSERT INTO statements (request_id, source, statement_id, version, outcome, said_at, retracted, answer) "
        "VALUES ($1::uuid, 'mairie-de-bourg', 's', 1, 'answered', now(), false, NULL)",
        second,
    )
    answers = [
        request["answers"] for request in (await door.http.get(f"/v1/experiences/{public_id}")).json()["structures"]
    ]
    assert [(one["text"], one["by_another_channel"]) for [one] in answers] == [
        ("Nous avons ouvert un guichet.", False),
        (None, True),
    ]


@pytest.mark.parametrize(
    "hidden",
    [
        "withdrawn_at = now(), title = NULL, story = NULL, public_title = NULL, public_story = NULL",
        "held_at = now()",
        "moderation = 'rejected', public_title = NULL, public_story = NULL",
        "public_title = NULL, public_story = NULL",
    ],
)
async def test_experience_that_is_hidden_is_found_by_nobody(door, hidden):
    told = await door.tell(story=f"Introuvable {hidden}")
    public_id = await publish(door, told)
    assert public_id in await read_ids(door, q="introuvable")

    await door.fetch(f"UPDATE feedbacks SET {hidden} WHERE feedback_id = $1::uuid", told["feedback_id"])
    assert public_id not in await read_ids(door, q="introuvable")
    assert public_id not in await read_ids(door)
    assert (await door.http.get(f"/v1/experiences/{public_id}")).status_code == 404


async def test_withdrawn_story_leaves_at_once(door):
    told = await door.tell()
    public_id = await publish(door, told)
    assert (await door.http.delete(f"/v1/feedback/{told['code']}")).status_code == 204
    assert (await door.http.get(f"/v1/experiences/{public_id}")).status_code == 404
