"""Administrators keep the keys and the register of their own part of the tree, and see nothing of the others."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.agency import AGENCY, RIVAL, Agency, a_survey, make_key, said
from tests.support.intake import Door
from tests.support.people import SignedIn, sign_in

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

SECRET = re.compile(r"spplus_[A-Za-z0-9_-]{43}")


@pytest_asyncio.fixture(loop_scope="session")
async def here(door: Door) -> SignedIn:
    return await sign_in(door.http, door.dsn, "administrator", "racine")


@pytest_asyncio.fixture(loop_scope="session")
async def elsewhere(door: Door) -> AsyncIterator[SignedIn]:
    yield await sign_in(door.http, door.dsn, "administrator", "autre")


async def made_key(person: SignedIn, **fields) -> tuple[str, str]:
    """Path and text of a key made on the page."""
    sent = {"name": "Logiciel", "scope": "events:feedback.submitted", "source": AGENCY.code} | fields
    answer = await person.post("/espace/cles", **sent)
    assert answer.status_code == 201, answer.text
    [secret] = set(SECRET.findall(answer.text))
    [number] = set(re.findall(r'action="/espace/cles/(\d+)/revocation"', answer.text))
    return f"/espace/cles/{number}", secret


async def test_key_is_made_shown_once_used_replaced_and_revoked(door: Door, here: SignedIn) -> None:
    path, secret = await made_key(here)
    assert secret not in (await here.get(path)).text
    assert await Agency(door, secret).verdicts(said(a_survey())) == ["accepted"]
    replaced = await here.post(f"{path}/remplacement", overlap="24")
    assert replaced.status_code == 201
    [second] = set(SECRET.findall(replaced.text))
    for key in (secret, second):
        assert await Agency(door, key).verdicts(said(a_survey())) == ["accepted"]
    assert (await here.post(f"{path}/remplacement", overlap="24")).status_code == 409
    asked = await here.post(f"{path}/revocation")
    assert "Oui, révoquer" in asked.text
    assert await Agency(door, secret).verdicts(said(a_survey())) == ["accepted"]
    assert (await here.post(f"{path}/revocation", confirme="oui")).status_code == 303
    assert (await Agency(door, secret).post([])).status_code == 401
    assert "Révoquée" in (await here.get("/espace/cles")).text
    acts = await door.fetch(
        "SELECT action FROM acts WHERE actor = $1 AND action LIKE 'key.%' ORDER BY act_id", f"account:{here.account_id}"
    )
    assert [act["action"] for act in acts] == ["key.created", "key.rotated", "key.revoked"]


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"name": " "}, "name"),
        ({"scope": ""}, "scope"),
        ({"source": ""}, "source"),
        ({"source": RIVAL.code}, "source"),
        ({"structure": "autre"}, "structure"),
        ({"expires": "2020-01-01"}, "expires"),
        ({"expires": "0000-00-00"}, "expires"),
        ({"scope": "requests:read", "structure": ""}, "structure"),
    ],
)
async def test_key_form_says_what_is_wrong_beside_the_field(here: SignedIn, fields, word) -> None:
    sent = {"name": "Logiciel", "scope": "events:feedback.submitted", "source": AGENCY.code} | fields
    answer = await here.post("/espace/cles", **sent)
    assert answer.status_code == 422
    assert f'href="#{word}"' in answer.text
    assert f'id="{word}"' in answer.text


async def test_keys_of_another_part_do_not_exist(here: SignedIn, elsewhere: SignedIn) -> None:
    path, _ = await made_key(here, name="Clé de la racine")
    assert "Clé de la racine" not in (await elsewhere.get("/espace/cles")).text
    assert (await elsewhere.get(path)).status_code == 404
    for act in ("remplacement", "revocation"):
        assert (await elsewhere.post(f"{path}/{act}", overlap="24", confirme="oui")).status_code == 404
    assert (await here.get(path)).status_code == 200


async def test_pages_need_the_role_and_the_form_of_the_session(door: Door, here: SignedIn) -> None:
    agent = await sign_in(door.http, door.dsn, "agent", "racine")
    for path in ("/espace/cles", "/espace/sources"):
        assert (await agent.get(path)).status_code == 403
        assert (await door.http.get(path)).status_code == 303
        assert (await here.post(path, csrf="forged")).status_code == 403


async def test_source_is_registered_changed_and_removed(door: Door, here: SignedIn) -> None:
    fields = {"name": "Standard", "structures": "guichet\nMairie de Bourg", "feedback": "survey"}
    answer = await here.post("/espace/sources", code="standard", request_call="bulk", **fields)
    assert answer.headers["location"] == "/espace/sources/standard"
    shown = (await here.get("/espace/sources/standard")).text
    assert "spplus.inbound.standard.v1" in shown
    assert "appels" in shown
    [row] = await door.fetch("SELECT * FROM sources WHERE code = 'standard'")
    assert (row["structure_codes"], row["bulk_kinds"], row["single_kinds"]) == (["guichet", "mairie"], ["call"], [])
    await here.post("/espace/sources/standard", request_letter="single", **fields)
    [row] = await door.fetch("SELECT * FROM sources WHERE code = 'standard'")
    assert (row["bulk_kinds"], row["single_kinds"]) == ([], ["letter"])
    assert "Oui, retirer" in (await here.post("/espace/sources/standard/retrait")).text
    assert (await here.post("/espace/sources/standard/retrait", confirme="oui")).status_code == 303
    assert "Retiré" in (await here.get("/espace/sources")).text
    acts = await door.fetch("SELECT action FROM acts WHERE subject = 'standard' ORDER BY act_id")
    assert [act["action"] for act in acts] == ["source.saved", "source.saved", "source.removed"]


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"code": "Standard"}, "code"),
        ({"code": "spplus"}, "code"),
        ({"code": RIVAL.code}, "code"),
        ({"name": ""}, "name"),
        ({"structures": ""}, "structures"),
        ({"structures": "autre"}, "structures"),
        ({"feedback": "rumours"}, "grants"),
    ],
)
async def test_source_form_says_what_is_wrong_beside_the_field(here: SignedIn, fields, word) -> None:
    sent = {"code": "nouveau", "name": "Nouveau", "structures": "guichet", "feedback": "survey"} | fields
    answer = await here.post("/espace/sources", **sent)
    assert answer.status_code == 422
    assert f'href="#{word}"' in answer.text
    assert f'id="{word}"' in answer.text


async def test_source_of_another_part_does_not_exist_and_cannot_be_taken(here: SignedIn, elsewhere: SignedIn) -> None:
    assert (await here.get(f"/espace/sources/{RIVAL.code}")).status_code == 404
    fields = {"name": "x", "structures": "autre", "feedback": "survey"}
    assert (await here.post(f"/espace/sources/{RIVAL.code}", **fields)).status_code == 404
    assert (await here.post(f"/espace/sources/{RIVAL.code}/retrait", confirme="oui")).status_code == 404
    assert (await elsewhere.get(f"/espace/sources/{RIVAL.code}")).status_code == 200


async def test_source_page_counts_by_door_and_reason(door: Door, elsewhere: SignedIn) -> None:
    rival = Agency(door, await make_key(door.dsn, source=RIVAL))
    await rival.tell(said(a_survey(structure_code="autre"), source=RIVAL.code), said(a_survey(), source=RIVAL.code))
    shown = (await elsewhere.get(f"/espace/sources/{RIVAL.code}")).text
    assert "Structure hors du périmètre" in shown
    assert "outside_part" in shown
