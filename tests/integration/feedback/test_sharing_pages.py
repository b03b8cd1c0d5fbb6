"""Sharing in three steps: what was typed travels in the form, nothing is sent before it was read again."""

import asyncio
import html
import re
import uuid

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


def a_form(**changes):
    return {
        "structure": ["mairie"],
        "nonce": str(uuid.uuid4()),
        "nature": "experience",
        "sentiment": "negative",
        "story": "J'ai attendu.\r\nLongtemps.",
        "suggestion": "Un « guichet » de <plus>",
        "title": 'Un "titre"',
        "channels": ["phone", "desk"],
        "engagements": ["sp-plus-2021/5", "sp-plus-2021/1"],
        "department": "67",
        "relation": "negative",
        "answer_expected": "oui",
    } | changes


def carried(page):
    """The fields that a page takes along unseen, as a browser would send them."""
    fields = {}
    for name, value in re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">', page.text):
        fields.setdefault(name, []).append(html.unescape(value))
    return fields


async def stories(door):
    return (await door.fetch("SELECT count(*) FROM feedbacks"))[0][0]


async def test_nothing_is_stored_before_it_is_sent(door):
    before = await stories(door)
    form = a_form()
    preview = await door.http.post("/partager", data=form | {"geste": "apercu"})
    assert preview.status_code == 200
    assert "Relisez avant d’envoyer" in preview.text
    assert "Un « guichet » de &lt;plus&gt;" in preview.text
    assert "Mairie de Bourg" in preview.text
    changed = await door.http.post("/partager", data=carried(preview) | {"geste": "modifier"})
    assert "Racontez votre expérience" in changed.text
    assert await stories(door) == before


async def test_preview_takes_everything_along_and_sends_it_unchanged(door):
    form = a_form(structure=["mairie", "guichet"])
    preview = await door.http.post("/partager", data=form | {"geste": "apercu"})
    kept = carried(preview)
    assert kept.pop("site_web") == [""]
    wanted = {name: value if isinstance(value, list) else [value] for name, value in form.items()}
    wanted["story"] = ["J'ai attendu.\nLongtemps."]
    assert kept == wanted

    thanks = await door.http.post("/partager", data=kept | {"geste": "envoyer"})
    code = re.search(r'id="code">([A-Z2-7-]{32})<', thanks.text).group(1)
    story = await door.follow(code)
    assert (story["title"], story["story"], story["suggestion"]) == (
        'Un "titre"',
        "J'ai attendu.\nLongtemps.",
        "Un « guichet » de <plus>",
    )
    rows = await door.fetch("SELECT engagements FROM requests WHERE feedback_id = $1::uuid", story["feedback_id"])
    assert {tuple(row["engagements"]) for row in rows} == {("sp-plus-2021/1", "sp-plus-2021/5")}


async def test_double_click_at_the_same_instant_is_one_story_and_both_pages_show_its_code(door):
    before = await stories(door)
    form = a_form(geste="envoyer")
    pages = await asyncio.gather(*(door.http.post("/partager", data=form) for _ in range(3)))
    assert {page.status_code for page in pages} == {200}
    assert len({re.search(r'id="code">([A-Z2-7-]+)<', page.text).group(1) for page in pages}) == 1
    assert await stories(door) == before + 1


async def test_proposal_is_told_apart(door):
    form = await door.http.get("/partager", params={"structure": "guichet", "nature": "proposition"})
    assert "Écrivez votre proposition" in form.text
    sent = a_form(nature="proposition", sentiment="", story="", relation="", geste="envoyer")
    thanks = await door.http.post("/partager", data=sent)
    assert "votre proposition est enregistrée" in thanks.text
    code = re.search(r'id="code">([A-Z2-7-]+)<', thanks.text).group(1)
    feedback_id = (await door.follow(code))["feedback_id"]
    row = (await door.fetch("SELECT proposal FROM feedbacks WHERE feedback_id = $1::uuid", feedback_id))[0]
    assert row["proposal"] is True


async def test_nature_can_change_without_losing_a_word(door):
    page = await door.http.post("/partager", data=a_form(autre="proposition"))
    assert "Écrivez votre proposition" in page.text
    assert "Longtemps." in page.text
    assert 'value="proposition"' in page.text


async def test_service_is_added_and_taken_away_midway_without_losing_a_word(door):
    form = a_form()
    search = await door.http.post("/partager", data=form | {"geste": "service"})
    found = await door.http.post("/partager", data=carried(search) | {"geste": "chercher", "q": "impots saint etiene"})
    assert 'name="ajout" value="guichet"' in found.text
    back = await door.http.post("/partager", data=carried(found) | {"ajout": "guichet"})
    assert carried(back)["structure"] == ["mairie", "guichet"]
    assert "Longtemps." in back.text
    assert form["nonce"] in back.text
    again = await door.http.post(
        "/partager", data=carried(found) | {"structure": ["mairie", "guichet"], "retrait": "mairie"}
    )
    assert carried(again)["structure"] == ["guichet"]
    none_left = await door.http.post("/partager", data=carried(search) | {"retrait": "mairie"})
    assert "Quel service public est concerné" in none_left.text
    assert "Longtemps." in none_left.text
    full = await door.http.post(
        "/partager", data=a_form(structure=["mairie", "guichet", "racine"], geste="chercher", q="mairie")
    )
    assert 'name="q"' not in full.text


async def test_promise_of_each_service_is_said_before_sending(door):
    form = await door.http.get("/partager?structure=mairie&structure=guichet")
    text = re.sub(r"\s+", " ", form.text)
    assert re.search(r"Ce service annonce une réponse en 15 jours, soit au plus tard le \w+ \w+ \w+ \d{4}", text)
    assert "Ce service n’annonce pas de délai de réponse." in text


async def test_probable_personal_data_is_shown_to_its_author_before_sending(door):
    story = "Rappelez M. Durand au 06 12 34 56 78."
    preview = await door.http.post("/partager", data=a_form(story=story, geste="apercu"))
    text = re.sub(r"<[^>]+>", "", preview.text)
    assert "un numéro de téléphone : « 06 12 34 56 78 »" in text
    assert "un nom de personne : « Durand »" in text
    plain = await door.http.post("/partager", data=a_form(geste="apercu", title="", suggestion=""))
    assert "Votre texte semble contenir" not in plain.text


async def test_first_button_of_the_form_only_shows(door):
    """The Enter key in a field presses it."""
    form = await door.http.get("/partager?structure=guichet")
    buttons = re.findall(r"<button([^>]*)>", form.text.split("<main")[1])
    assert 'value="apercu"' in buttons[0]


async def test_near_services_are_said_to_be_near(door):
    page = await door.http.get("/partager", params={"q": "mairie de bourg inconnu"})
    assert "Aucun service ne correspond exactement" in page.text
    assert "structure=mairie" in page.text
