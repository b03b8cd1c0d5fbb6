"""Agents answer from their pages: each act once, with its event and its trace, in their own part of the tree only."""

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from spplus_contracts import RequestAnswered, unwrap
from spplus_contracts.topics import REQUEST_ANSWERED
from tests.support.desk import hidden, opened_form, send_answer, words
from tests.support.intake import request_ids
from tests.support.people import sign_in

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


async def agent_of(door, structure="racine", **more):
    return await sign_in(door.http, door.dsn, "agent", structure, **more)


async def events_of(door, request_id, count=1):
    records = await door.heard(REQUEST_ANSWERED, count, {request_id})
    return [RequestAnswered.read_json(unwrap(record.headers, record.value)[1]) for record in records]


async def acts_of(door, request_id):
    rows = await door.fetch(
        "SELECT actor, action, detail::text AS detail FROM acts WHERE request_id = $1::uuid ORDER BY act_id", request_id
    )
    return [(row["actor"], row["action"], json.loads(row["detail"])) for row in rows]


async def test_answer_is_sent_once_whatever_the_clicks(door):
    agent, told = await agent_of(door), await door.tell()
    (request_id,) = request_ids(told)
    carried = await opened_form(agent, f"/espace/demandes/{request_id}")
    path = f"/espace/demandes/{request_id}/reponse"
    preview = await agent.post(path, **carried, texte="Bonjour,\r\nc’est réparé.", geste="apercu")
    assert hidden(preview)["nonce"] == carried["nonce"]
    for _ in range(2):
        sent = await agent.post(path, **hidden(preview), geste="envoyer")
        assert sent.headers["location"] == f"/espace/demandes/{request_id}?fait=reponse", sent.text

    (event,) = await events_of(door, request_id)
    assert (event.outcome, event.structure_code, event.statement_id) == ("answered", "guichet", carried["nonce"])
    assert await acts_of(door, request_id) == [
        (f"account:{agent.account_id}", "request.answered", {"holder": "guichet"})
    ]
    (request,) = (await door.follow(told["code"]))["requests"]
    assert [answer["text"] for answer in request["answers"]] == ["Bonjour,\nc’est réparé."]
    assert await door.fetch("SELECT FROM drafts WHERE request_id = $1::uuid", request_id) == []
    page = words(await agent.get(f"/espace/demandes/{request_id}"))
    assert "Réponse donnée , par Camille Essai" in page


async def test_form_sent_again_with_other_words_is_not_taken(door):
    agent = await agent_of(door)
    (request_id,) = request_ids(await door.tell())
    carried = await opened_form(agent, f"/espace/demandes/{request_id}")
    await send_answer(agent, request_id, "La première", **carried)
    second = await send_answer(agent, request_id, "La seconde", **carried)

    assert second.status_code == 409
    assert "La seconde" in second.text
    assert [row["answer"] for row in await door.fetch("SELECT answer FROM statements WHERE answer LIKE 'La %'")] == [
        "La première"
    ]


async def test_answer_written_while_a_colleague_answered_is_kept_as_a_draft(door):
    first, second = await agent_of(door, name="Alix"), await agent_of(door, name="Sacha")
    (request_id,) = request_ids(await door.tell())
    path = f"/espace/demandes/{request_id}"
    stale = await opened_form(first, path)
    await second.post(f"{path}/reponse", **stale | {"nonce": str(uuid.uuid4())}, texte="Je m’en occupe", geste="apercu")
    assert "Sacha a aussi commencé une réponse" in words(await first.get(path))
    await send_answer(second, request_id, "Réponse de Sacha")
    late = await first.post(f"{path}/reponse", **stale, texte="Réponse d’Alix", geste="envoyer")

    assert late.status_code == 409
    assert "Réponse de Sacha" in words(late)
    assert "Réponse d’Alix" in words(late)
    page = await first.get(path)
    assert "Réponse d’Alix" in words(page)
    assert "La demande a changé depuis votre brouillon" in words(page)
    assert len(await door.fetch("SELECT FROM statements WHERE request_id = $1::uuid", request_id)) == 1


async def test_draft_survives_and_is_ones_own(door):
    first, second = await agent_of(door), await agent_of(door)
    (request_id,) = request_ids(await door.tell())
    path = f"/espace/demandes/{request_id}"
    carried = await opened_form(first, path)
    await first.post(f"{path}/reponse", **carried, texte="À terminer <demain>", geste="brouillon")

    assert "À terminer <demain>" in words(await first.get(path))
    assert "À terminer" not in words(await second.get(path))
    assert "Votre brouillon" in words(await first.get("/espace/demandes?q=heure"))
    assert "Brouillon de Camille Essai" in words(await second.get("/espace/demandes?q=heure"))
    await first.post(f"{path}/reponse", **carried, texte="  ", geste="brouillon")
    assert "À terminer" not in words(await first.get(path))


@pytest.mark.parametrize("text", ["", "  \r\n ", "x" * 10_001, "un\x07son"])
async def test_faulty_answer_is_named_and_not_sent(door, text):
    agent = await agent_of(door)
    (request_id,) = request_ids(await door.tell())
    for gesture in ("apercu", "envoyer"):
        answer = await send_answer(agent, request_id, text, geste=gesture)
        assert answer.status_code == 422
        assert 'href="#texte"' in answer.text
    assert await acts_of(door, request_id) == []


async def test_preview_warns_of_personal_data(door):
    agent = await agent_of(door)
    (request_id,) = request_ids(await door.tell())
    preview = await send_answer(agent, request_id, "Appelez le 06 12 34 56 78.", geste="apercu")

    assert "semble contenir un numéro de téléphone" in words(preview)
    assert "<mark>06 12 34 56 78</mark>" in preview.text


async def test_delay_notice_is_a_new_promise_and_the_page_says_what_is_judged(door):
    agent, told = await agent_of(door), await door.tell(structure_codes=["mairie"])
    (request_id,) = request_ids(told)
    path = f"/espace/demandes/{request_id}/delai"
    carried = await opened_form(agent, path)
    day = (datetime.now(UTC) + timedelta(days=60)).date().isoformat()
    for wrong in ("", "demain", "2020-01-01", "2999-01-01", (datetime.now(UTC).date() + timedelta(days=5)).isoformat()):
        assert (await agent.post(path, **carried, date=wrong)).status_code == 422, wrong
    for _ in range(2):
        sent = await agent.post(path, **carried, date=day)
        assert sent.headers["location"] == f"/espace/demandes/{request_id}?fait=delai", sent.text

    (event,) = await events_of(door, request_id)
    assert event.outcome == "delay_notice"
    (request,) = (await door.follow(told["code"]))["requests"]
    assert request["promised_at"] > request["answer_due_at"]
    assert [act[1:] for act in await acts_of(door, request_id)] == [
        ("request.postponed", {"holder": "mairie", "answer_due_on": day})
    ]
    assert "La réponse reste jugée sur la première date." in words(await agent.get(f"/espace/demandes/{request_id}"))


@pytest.mark.parametrize(
    ("path", "action", "status"),
    [("reception", "request.acknowledged", "received"), ("cloture", "request.closed", "closed")],
)
async def test_other_gestures_are_asked_before_and_done_once(door, path, action, status):
    agent, told = await agent_of(door), await door.tell()
    (request_id,) = request_ids(told)
    carried = await opened_form(agent, f"/espace/demandes/{request_id}/{path}")
    assert await acts_of(door, request_id) == []
    for _ in range(2):
        sent = await agent.post(f"/espace/demandes/{request_id}/{path}", **carried)
        assert sent.status_code == 303, sent.text

    assert len(await events_of(door, request_id)) == 1
    assert [act[1] for act in await acts_of(door, request_id)] == [action]
    assert (await door.follow(told["code"]))["status"] == status


async def test_routing_out_of_ones_part_is_said_confirmed_and_takes_the_request_away(door):
    agent, told = await agent_of(door), await door.tell()
    (request_id,) = request_ids(told)
    path = f"/espace/demandes/{request_id}/transmettre"
    found = await agent.get(path, params={"q": "prefecture"})
    assert f"{path}?vers=autre" in found.text
    page = await agent.get(path, params={"vers": "autre"})
    assert "Cette demande quittera votre périmètre." in words(page)
    for _ in range(2):
        sent = await agent.post(path, **hidden(page))
        assert sent.headers["location"] == "/espace/demandes?fait=transmise", sent.text

    (event,) = await events_of(door, request_id)
    assert (event.outcome, event.structure_code, event.redirected_to) == ("redirected", "guichet", "autre")
    assert len(await acts_of(door, request_id)) == 1
    assert (await agent.get(f"/espace/demandes/{request_id}")).status_code == 404
    theirs = await agent_of(door, "autre")
    assert "Transmise à Préfecture d'ailleurs" in words(await theirs.get(f"/espace/demandes/{request_id}"))


async def test_words_are_handed_back_where_the_request_left_meanwhile(door):
    agent, colleague = await agent_of(door), await agent_of(door)
    (request_id,) = request_ids(await door.tell())
    carried = await opened_form(agent, f"/espace/demandes/{request_id}")
    await agent.post(f"/espace/demandes/{request_id}/reponse", **carried, texte="Mes mots", geste="apercu")
    path = f"/espace/demandes/{request_id}/transmettre"
    await colleague.post(path, **hidden(await colleague.get(path, params={"vers": "autre"})))
    late = await agent.post(f"/espace/demandes/{request_id}/reponse", **carried, texte="Mes mots", geste="envoyer")

    assert late.status_code == 409
    assert "n’est plus dans votre périmètre" in words(late)
    assert "Mes mots" in words(late)


async def test_nothing_of_another_part_of_the_tree_is_read_or_done(door):
    agent = await agent_of(door, "autre")
    (request_id,) = request_ids(await door.tell())
    path = f"/espace/demandes/{request_id}"
    carried = {"nonce": str(uuid.uuid4()), "etat": ""}
    for page in ("", "/reception", "/delai", "/cloture", "/transmettre"):
        assert (await agent.get(path + page)).status_code == 404, page
    sent = [
        await agent.post(f"{path}/reponse", **carried, texte="Bonjour", geste=gesture)
        for gesture in ("envoyer", "apercu", "brouillon", "modele")
    ]
    sent += [await agent.post(f"{path}/{page}", **carried) for page in ("reception", "cloture")]
    sent.append(await agent.post(f"{path}/delai", **carried, date=str(datetime.now(UTC).date() + timedelta(days=9))))
    sent.append(await agent.post(f"{path}/transmettre", **carried, vers="autre"))

    assert [answer.status_code for answer in sent] == [404] * len(sent)
    assert await acts_of(door, request_id) == []
    assert await door.fetch("SELECT FROM drafts WHERE request_id = $1::uuid", request_id) == []
    assert request_id not in (await agent.get("/espace/demandes")).text


async def test_held_story_is_invisible_and_a_withdrawn_one_is_gone_with_its_drafts(door):
    agent, held, taken_back = await agent_of(door), await door.tell(), await door.tell()
    await door.fetch("UPDATE feedbacks SET held_at = now() WHERE feedback_id = $1::uuid", held["feedback_id"])
    (held_id,), (gone_id,) = request_ids(held), request_ids(taken_back)
    carried = await opened_form(agent, f"/espace/demandes/{gone_id}")
    await agent.post(f"/espace/demandes/{gone_id}/reponse", **carried, texte="Mes mots", geste="brouillon")
    await door.http.delete(f"/v1/feedback/{taken_back['code']}")

    assert (await agent.get(f"/espace/demandes/{held_id}")).status_code == 404
    assert held_id not in (await agent.get("/espace/demandes")).text
    gone = await agent.get(f"/espace/demandes/{gone_id}")
    assert gone.status_code == 410
    assert "Son auteur a retiré cette expérience" in words(gone)
    for gesture in ("brouillon", "envoyer"):
        answer = await agent.post(f"/espace/demandes/{gone_id}/reponse", **carried, texte="Mes mots", geste=gesture)
        assert answer.status_code == 410
    assert await door.fetch("SELECT FROM drafts WHERE request_id = $1::uuid", gone_id) == []


async def test_masked_words_are_read_as_the_public_reads_them(door):
    agent, told = await agent_of(door), await door.tell(story="Voyez Mme Zorglub.")
    await door.fetch(
        "UPDATE feedbacks SET moderation = 'published', public_title = title, public_story = 'Voyez [nom masqué].' "
        "WHERE feedback_id = $1::uuid",
        told["feedback_id"],
    )
    page = words(await agent.get(f"/espace/demandes/{request_ids(told)[0]}"))
    assert "Voyez [nom masqué]." in page
    assert "Zorglub" not in page
    assert "masquées par la modération" in page
