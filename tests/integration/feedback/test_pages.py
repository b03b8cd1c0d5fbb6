"""The pages, as a browser without JavaScript sees them."""

import logging
import re
import uuid

import pytest

from tests.support.intake import request_ids

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


def a_form(**changes):
    return {
        "structure": ["guichet"],
        "nonce": str(uuid.uuid4()),
        "sentiment": "negative",
        "story": "J'ai attendu.\r\nLongtemps.",
        "channels": ["phone", "desk"],
        "answer_expected": "oui",
    } | changes


def code_on(page):
    found = re.search(r'id="code">([A-Z2-7-]{32})<', page.text)
    assert found, page.text
    return found.group(1)


async def test_form_becomes_a_story_and_gives_its_code(door):
    page = await door.http.post("/partager", data=a_form(structure=["mairie", "guichet"], relation="positive"))
    assert page.status_code == 200

    followed = await door.follow(code_on(page))
    assert followed["story"] == "J'ai attendu.\nLongtemps."
    assert [request["structure_code"] for request in followed["requests"]] == ["mairie", "guichet"]
    assert "réponse annoncée au plus tard le" in page.text


async def test_form_sent_twice_is_one_story_with_the_same_code(door):
    form = a_form()
    first = await door.http.post("/partager", data=form)
    again = await door.http.post("/partager", data=form)
    changed = await door.http.post("/partager", data=form | {"story": "Autre chose"})

    assert code_on(first) == code_on(again)
    assert changed.status_code == 422
    assert "déjà été envoyé" in changed.text


async def test_form_after_withdrawal_is_gone(door):
    form = a_form()
    code = code_on(await door.http.post("/partager", data=form))
    await door.http.post("/suivi/retrait", data={"code": code, "confirme": "oui"})

    assert (await door.http.post("/partager", data=form)).status_code == 410


async def test_missing_answers_are_named_beside_their_fields_and_what_was_typed_is_kept(door):
    form = a_form(sentiment="", story=" ", suggestion="Un <b>guichet</b>", title="x" * 201)
    page = await door.http.post("/partager", data=form)

    assert page.status_code == 422
    assert "<title>Erreur" in page.text
    for field in ("sentiment", "story", "title"):
        assert f'href="#{field}"' in page.text
        assert f'id="{field}"' in page.text
        assert f'id="erreur-{field}"' in page.text
    assert "Un &lt;b&gt;guichet&lt;/b&gt;" in page.text
    assert form["nonce"] in page.text
    assert re.search(r'value="phone" checked', page.text)


async def test_withdrawal_asks_before_it_acts(door):
    told = await door.tell()
    asked = await door.http.post("/suivi/retrait", data={"code": told["code"]})
    assert "Voulez-vous vraiment" in asked.text
    assert (await door.follow(told["code"]))["status"] == "received"

    done = await door.http.post("/suivi/retrait", data={"code": told["code"], "confirme": "oui"})
    assert done.status_code == 200
    assert (await door.follow(told["code"]))["status"] == "withdrawn"
    assert "Vous avez retiré" in (await door.http.get(f"/suivi/{told['code']}")).text


async def test_follow_page_shows_a_text_as_text(door):
    told = await door.tell(story="<script>alert(1)</script>")
    await door.answer(request_ids(told)[0], outcome="answered", text="<img src=x>")
    page = await door.http.post("/suivi", data={"code": told["code"].lower().replace("-", " ")})

    assert page.status_code == 200
    assert "<script" not in page.text
    assert "&lt;img src=x&gt;" in page.text


@pytest.mark.parametrize(("typed", "status"), [("", 422), ("abc", 422), ("A" * 26, 404)])
async def test_code_that_opens_nothing_is_explained(door, typed, status):
    page = await door.http.post("/suivi", data={"code": typed})
    assert page.status_code == status
    assert 'id="erreur-code"' in page.text


@pytest.mark.parametrize("path", ["/", "/partager", "/partager?structure=guichet", "/partager?q=saint", "/suivi"])
async def test_pages_keep_to_themselves(door, path):
    page = await door.http.get(path)

    assert page.status_code == 200
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "set-cookie" not in page.headers
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', page.text)
    assert "<script" not in page.text
    assert "style=" not in page.text


async def test_troubles_are_told_in_french(door):
    for path in ("/partager?ajouter=peut-être", "/partager?q=" + "%00" * 3):
        page = await door.http.get(path)
        assert page.headers["content-type"].startswith("text/html")
        assert page.status_code in {200, 422}
    sent = {"content-type": "application/x-www-form-urlencoded"}
    broken = await door.http.post("/partager", content=b"story=%ff&structure=guichet", headers=sent)
    assert broken.status_code == 422
    assert "Un problème est survenu" in broken.text


async def test_no_code_and_no_text_in_the_logs(door, caplog):
    with caplog.at_level(logging.DEBUG):
        told = await door.tell(story="Un récit très reconnaissable")
        await door.http.get(f"/suivi/{told['code']}")
        await door.http.get(f"/v1/feedback/{told['code']}")
        await door.http.delete(f"/v1/feedback/{told['code']}")
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    logged = " ".join(record.getMessage() for record in ours)
    assert told["code"] not in logged
    assert "reconnaissable" not in logged


async def test_form_with_files_is_not_taken(door):
    page = await door.http.post("/partager", data={"structure": "guichet"}, files={"story": ("a.txt", b"mots")})
    assert page.status_code == 415
    assert page.headers["content-type"].startswith("text/html")
    body = await door.http.post("/v1/feedback", files={"story": ("a.txt", b"mots")})
    assert body.status_code == 422
