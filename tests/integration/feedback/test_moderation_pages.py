"""The moderator's pages, as a browser asks for them: who sees what, and what each button does."""

import re
from datetime import timedelta

import pytest

from spplus_feedback.moderation.gauges import measure
from tests.support.moderating import a_held_story, acts_of, connected, now, story_row
from tests.support.people import sign_in

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]
HOME = "/espace/moderation"
STORY = "Mme Dupont m'a fait attendre. Ma voisine Lucette Grosjean aussi."
NOBODY = "00000000-0000-7000-8000-000000000000"


async def moderator(door, part="racine"):
    return await sign_in(door.http, door.dsn, "moderator", part)


async def do(person, told, faire, *, version=0, **more):
    feedback_id = told if isinstance(told, str) else told["feedback_id"]
    return await person.post(f"{HOME}/{feedback_id}", faire=faire, version=str(version), **more)


async def listed(person, path=HOME):
    """All of a list, over its pages."""
    found, address = [], path
    while address:
        answer = await person.get(address)
        assert answer.status_code == 200
        found += re.findall(r'href="/espace/moderation/([0-9a-f-]{36})"', answer.text)
        more = re.search(r'href="(\?apres=[^"]+)"', answer.text)
        address = path + more.group(1) if more else None
    return found


async def test_queue_is_whole_over_its_pages_and_oldest_first(door):
    told = [(await door.tell(story=f"Récit {number}"))["feedback_id"] for number in range(27)]
    found = await listed(await moderator(door))
    assert [each for each in found if each in set(told)] == told
    assert len(found) == len(set(found))


async def test_story_that_waited_too_long_is_marked_in_words(door):
    told = await door.tell(title="Bien vieux")
    async with connected(door) as connection:
        await connection.execute(
            "UPDATE feedbacks SET accepted_at = $2 WHERE feedback_id = $1::uuid",
            told["feedback_id"],
            now() - timedelta(days=4),
        )
    answer = await (await moderator(door)).get(HOME)
    assert "En attente depuis trop longtemps : 4 jours" in answer.text
    assert (await listed(await moderator(door)))[0] == told["feedback_id"]


@pytest.mark.parametrize(("role", "part"), [("agent", "racine"), ("administrator", "*"), (None, "")])
async def test_who_is_no_moderator_is_refused(door, role, part):
    told = await door.tell(story=STORY)
    person = await sign_in(door.http, door.dsn, role, part)
    for path in (HOME, f"{HOME}/retenues", f"{HOME}/decisions", f"{HOME}/{told['feedback_id']}"):
        assert (await person.get(path)).status_code == 403
    assert (await do(person, told, "publier")).status_code == 403
    assert (await story_row(door, told["feedback_id"]))["moderation"] == "pending"


async def test_who_is_not_signed_in_is_sent_to_the_sign_in(door):
    answer = await door.http.get(HOME)
    assert (answer.status_code, answer.headers["location"]) == (303, "/connexion?suite=%2Fespace%2Fmoderation")


async def test_moderator_of_another_part_sees_and_decides_nothing(door):
    told, held = await door.tell(story=STORY), await a_held_story(door)
    stranger = await moderator(door, "autre")
    for path in (HOME, f"{HOME}/retenues", f"{HOME}/decisions"):
        assert {told["feedback_id"], held.feedback_id}.isdisjoint(await listed(stranger, path))
    for feedback_id in (told["feedback_id"], held.feedback_id, NOBODY):
        assert (await stranger.get(f"{HOME}/{feedback_id}")).status_code == 404
        for faire in ("publier", "masquer-tout", "accepter", "depublier", "rejeter"):
            answer = await do(stranger, feedback_id, faire, motif="abusive", confirme="oui")
            assert answer.status_code == 404
    assert await acts_of(door, told["feedback_id"]) == []


async def test_story_of_two_parts_is_moderated_in_either(door):
    told = await door.tell(structure_codes=["guichet", "autre"], story=STORY)
    assert (await (await moderator(door, "autre")).get(f"{HOME}/{told['feedback_id']}")).status_code == 200


async def test_form_of_another_session_changes_nothing(door):
    told = await door.tell(story=STORY)
    person = await moderator(door)
    assert (await do(person, told, "publier", csrf="autre")).status_code == 403
    assert (await story_row(door, told["feedback_id"]))["moderation"] == "pending"


async def test_sentences_and_a_passage_are_masked_together_and_nothing_else(door):
    told = await door.tell(story=STORY, title=None)
    person = await moderator(door)
    page = await person.get(f"{HOME}/{told['feedback_id']}")
    (sentence,) = re.findall(r'name="phrase" value="(story 30 [^"]+)"', page.text)
    answer = await do(person, told, "masquer-choix", phrase=sentence, passage="DUPONT".title(), nature="name")
    assert answer.status_code == 303
    await do(person, told, "publier", version=1)
    assert (await story_row(door, told["feedback_id"]))["public_story"] == (
        "Mme [nom masqué] m'a fait attendre. [donnée personnelle masquée]"
    )


async def test_held_story_is_accepted_with_its_events_and_waits_to_be_read(door):
    held = await a_held_story(door)
    person = await moderator(door)
    assert held.feedback_id in await listed(person, f"{HOME}/retenues")
    assert held.feedback_id not in await listed(person)
    page = await person.get(f"{HOME}/{held.feedback_id}")
    assert "le même texte a été envoyé plusieurs fois" in page.text
    assert (await do(person, held.feedback_id, "accepter")).status_code == 303
    assert held.feedback_id in await listed(person)
    actions = [action for _, action, _ in await acts_of(door, held.feedback_id)]
    assert actions == ["story.held", "story.read", "story.released"]
    assert (await do(person, held.feedback_id, "accepter")).status_code == 409


async def test_rejection_asks_first_and_is_final(door):
    told = await door.tell(story=STORY)
    person = await moderator(door)
    assert (await do(person, told, "rejeter")).status_code == 422
    asked = await do(person, told, "rejeter", motif="illegible")
    assert "Oui, rejeter définitivement" in asked.text
    assert (await story_row(door, told["feedback_id"]))["moderation"] == "pending"
    assert (await do(person, told, "rejeter", motif="illegible", confirme="oui")).status_code == 303
    assert (await do(person, told, "publier", version=1)).status_code == 409
    page = await person.get(f"{HOME}/{told['feedback_id']}")
    assert "Le texte a été effacé" in page.text
    assert re.search(r"Rejeté \(Illisible\), .* par Camille Essai", page.text)
    assert told["feedback_id"] in await listed(person, f"{HOME}/decisions")
    assert told["feedback_id"] not in await listed(person)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"faire": ""}, 422),
        ({"faire": "masquer story 0 9999 name"}, 422),
        ({"faire": "masquer code 0 3 name"}, 422),
        ({"faire": "masquer-choix", "passage": "absent"}, 422),
        ({"faire": "masquer-choix", "phrase": "n'importe quoi"}, 422),
        ({"faire": "masquer-choix"}, 422),
        ({"faire": "publier", "version": "un"}, 422),
        ({"faire": "publier", "version": "7"}, 409),
        ({"faire": "depublier"}, 409),
        ({"faire": "accepter"}, 409),
        ({"faire": "rejeter", "motif": "parce que", "confirme": "oui"}, 422),
    ],
)
async def test_form_that_asks_for_nothing_possible_changes_nothing(door, fields, status):
    told = await door.tell(story=STORY)
    person = await moderator(door)
    answer = await person.post(f"{HOME}/{told['feedback_id']}", **{"version": "0"} | fields)
    assert answer.status_code == status
    row = await story_row(door, told["feedback_id"])
    assert (row["moderation"], row["masks"], row["moderation_version"]) == ("pending", "[]", 0)


async def test_what_waits_is_measured(door):
    await door.tell(story=STORY)
    await a_held_story(door)

    await measure(door.service.pool, now() + timedelta(days=5))
    said = (await door.http.get("/metrics")).text
    for queue in ("texts", "held"):
        waiting = float(re.search(rf'spplus_moderation_waiting_rows{{queue="{queue}"}} (\S+)', said).group(1))
        age = float(re.search(rf'spplus_moderation_age_seconds{{queue="{queue}"}} (\S+)', said).group(1))
        assert waiting >= 1
        assert age >= timedelta(days=5).total_seconds() - 60
