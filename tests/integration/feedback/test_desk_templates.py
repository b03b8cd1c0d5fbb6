"""Reply templates by part of the tree, and what an agent proposes as an agent."""

import html
import re
import uuid

import pytest

from spplus_contracts import FeedbackSubmitted, unwrap
from spplus_contracts.topics import FEEDBACK_SUBMITTED
from tests.support.desk import opened_form, words
from tests.support.intake import request_ids
from tests.support.people import sign_in

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

TEXT = "Bonjour,\n{structure} vous remercie pour votre récit du {date_recit}."


async def agent_of(door, structure="racine"):
    return await sign_in(door.http, door.dsn, "agent", structure)


async def written(agent, name, *, structure="racine", text=TEXT):
    """Write a template; its id."""
    page = await agent.get("/espace/modeles/nouveau")
    template_id = re.search(r'action="/espace/modeles/([0-9a-f-]{36})"', page.text)[1]
    for _ in range(2):
        saved = await agent.post(
            f"/espace/modeles/{template_id}", version="0", nom=name, structure=structure, texte=text
        )
        assert saved.headers.get("location") == "/espace/modeles?fait=enregistre", saved.text
    return template_id


async def test_template_is_filled_in_under_what_is_written(door):
    agent = await agent_of(door)
    template_id = await written(agent, "Merci", text=TEXT + " {inconnu}".replace("{inconnu}", "{echeance}"))
    (request_id,) = request_ids(await door.tell())
    path = f"/espace/demandes/{request_id}"
    carried = await opened_form(agent, path)
    sent = await agent.post(f"{path}/reponse", **carried, texte="Mes mots.", modele=template_id, geste="modele")
    assert sent.status_code == 303
    page = await agent.get(path)
    typed = html.unescape(re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page.text, re.DOTALL)[1])

    assert typed.startswith("Mes mots.\n\nBonjour,\nCentre des impôts de Saint-Étienne vous remercie")
    preview = await agent.post(f"{path}/reponse", **carried, texte=typed, geste="apercu")
    assert "Il reste à remplir : {echeance}" in words(preview)
    none = await agent.post(f"{path}/reponse", **carried, texte="Mes mots.", modele="", geste="modele")
    assert none.status_code == 422
    assert "Mes mots." in none.text


async def test_template_is_offered_below_its_part_and_edited_by_its_part_only(door):
    above, below, other = [await agent_of(door, code) for code in ("racine", "guichet", "autre")]
    template_id = await written(above, "D’en haut")
    (request_id,) = request_ids(await door.tell())

    assert "D’en haut" in words(await below.get(f"/espace/demandes/{request_id}"))
    for stranger in (below, other):
        assert "D’en haut" not in words(await stranger.get("/espace/modeles"))
        assert (await stranger.get(f"/espace/modeles/{template_id}")).status_code == 404
        changed = await stranger.post(f"/espace/modeles/{template_id}", version="1", nom="Pris", texte="Pris")
        assert changed.status_code == 404
        removed = await stranger.post(f"/espace/modeles/{template_id}/suppression", confirme="oui")
        assert removed.status_code == 404
    foreign = await other.post(
        f"/espace/modeles/{uuid.uuid4()}", version="0", nom="Chez eux", structure="racine", texte="Bonjour"
    )
    assert foreign.status_code == 422
    theirs = request_ids(await door.tell(structure_codes=["autre"]))[0]
    assert "D’en haut" not in words(await other.get(f"/espace/demandes/{theirs}"))


async def test_template_is_changed_once_traced_and_removed_after_a_question(door):
    agent = await agent_of(door)
    template_id = await written(agent, "À changer")
    path = f"/espace/modeles/{template_id}"
    assert (await agent.post(path, version="1", nom="Changé", texte="Deux")).status_code == 303
    stale = await agent.post(path, version="1", nom="Changé encore", texte="Trois")
    assert stale.status_code == 422
    assert "Quelqu’un d’autre a changé ce modèle" in words(stale)
    asked = await agent.post(f"{path}/suppression")
    assert "Supprimer le modèle « Changé »" in words(asked)
    assert (await agent.post(f"{path}/suppression", confirme="oui")).status_code == 303
    assert (await agent.get(path)).status_code == 404

    acts = await door.fetch("SELECT action FROM acts WHERE subject = $1 ORDER BY act_id", template_id)
    assert [act["action"] for act in acts] == ["template.saved", "template.saved", "template.removed"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("", "Bonjour", "Donnez un nom"),
        ("x" * 101, "Bonjour", "trop long"),
        ("Nom", " ", "Écrivez un texte"),
        ("Nom", "Le {prenom}", "Ces champs n’existent pas : {prenom}"),
    ],
)
async def test_fault_of_a_template_is_named_and_what_was_typed_is_kept(door, name, text, message):
    agent = await agent_of(door)
    answer = await agent.post(f"/espace/modeles/{uuid.uuid4()}", version="0", nom=name, structure="racine", texte=text)
    assert answer.status_code == 422
    assert message in words(answer)
    assert text in html.unescape(answer.text)


async def test_name_of_a_template_is_taken_once_in_a_part(door):
    agent = await agent_of(door)
    await written(agent, "Unique")
    answer = await agent.post(
        f"/espace/modeles/{uuid.uuid4()}", version="0", nom="unique", structure="racine", texte="Bonjour"
    )
    assert "porte déjà ce nom" in words(answer)


async def test_agent_proposes_once_as_an_agent(door):
    agent = await agent_of(door)
    assert "Mairie de Bourg" in words(await agent.get("/espace/proposition", params={"q": "bourg"}))
    path = "/espace/proposition?structure=mairie"
    nonce = re.search(r'name="nonce" value="([^"]+)"', (await agent.get(path)).text)[1]
    fields = {"nonce": nonce, "structure": "mairie", "titre": "", "attend": "oui"}
    empty = await agent.post("/espace/proposition", suggestion=" ", **fields)
    assert empty.status_code == 422
    pages = [await agent.post("/espace/proposition", suggestion="Ouvrir le samedi.", **fields) for _ in range(2)]
    codes = {re.search(r'id="code">([A-Z0-9-]+)<', page.text)[1] for page in pages}
    assert len(codes) == 1

    (request,) = (await door.follow(codes.pop()))["requests"]
    (record,) = await door.heard(FEEDBACK_SUBMITTED, 1, {request["request_id"]})
    event = FeedbackSubmitted.read_json(unwrap(record.headers, record.value)[1])
    assert (event.author, event.proposal, event.structure_code, event.sentiment) == ("agent", True, "mairie", None)
    acts = await door.fetch(
        "SELECT action FROM acts WHERE actor = $1 AND action = 'story.proposed'", f"account:{agent.account_id}"
    )
    assert len(acts) == 1
    assert "Proposition d’un agent" in words(await agent.get("/espace/demandes?q=samedi"))
    other = await agent.post("/espace/proposition", suggestion="Autre chose.", **fields)
    assert "déjà été envoyé" in words(other)


async def test_agent_proposes_in_his_own_part_only(door):
    agent = await agent_of(door, "guichet")
    assert "Mairie" not in words(await agent.get("/espace/proposition"))
    assert (await agent.get("/espace/proposition?structure=mairie")).status_code == 404
    fields = {"nonce": str(uuid.uuid4()), "structure": "mairie", "titre": "", "attend": "oui"}
    assert (await agent.post("/espace/proposition", suggestion="Ailleurs", **fields)).status_code == 404
