"""What an administrator does with the accounts of their own part of the tree, and cannot do with others."""

import re
import uuid

import pytest

from tests.support.people import sign_in

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


def a_login():
    return f"{uuid.uuid4().hex[:12]}@essai.example"


async def make(person, **fields):
    sent = {"name": "Dominique Essai", "login": a_login(), "role": "agent", "structure": "guichet", "way": "password"}
    return await person.post("/espace/comptes", **sent | fields)


async def grants(door, account_id):
    rows = await door.fetch(
        "SELECT role, structure_code FROM account_grants WHERE account_id = $1::uuid ORDER BY 1, 2", account_id
    )
    return [tuple(row) for row in rows]


async def test_administrator_makes_an_account_whose_password_is_shown_once(door):
    person = await sign_in(door.http, door.dsn, "administrator", "racine")
    login = a_login()
    made = await make(person, login=login.upper())
    assert made.status_code == 201
    [password] = re.findall(r'class="secret">([^<]+)<', made.text)
    [row] = await door.fetch("SELECT * FROM accounts WHERE login = $1", login)
    assert password not in str(dict(row))
    assert row["temporary_until"] is not None
    assert await grants(door, row["account_id"]) == [("agent", "guichet")]
    shown = await person.get(f"/espace/comptes/{row['account_id']}")
    assert shown.status_code == 200
    assert password not in shown.text
    assert login in (await person.get("/espace/comptes", params={"q": login[:8]})).text


async def test_invited_account_has_no_password(door):
    person = await sign_in(door.http, door.dsn, "administrator", "*")
    login = a_login()
    assert (await make(person, login=login, way="provider", structure="*")).status_code == 201
    [row] = await door.fetch("SELECT * FROM accounts WHERE login = $1", login)
    assert row["password_hash"] is None
    assert row["invited_until"] is not None
    assert await grants(door, row["account_id"]) == [("agent", "*")]


async def test_structure_is_found_by_words_within_ones_own_part_only(door):
    person = await sign_in(door.http, door.dsn, "administrator", "racine")
    asked = await make(person, structure="impots saint etienne")
    assert asked.status_code == 422
    assert re.findall(r'name="structure" value="(\w*)"', asked.text) == ["guichet", ""]
    for outside in ("autre", "prefecture", "*"):
        refused = await make(person, structure=outside)
        assert refused.status_code == 422
        assert "Aucun service de votre périmètre" in refused.text


@pytest.mark.parametrize("fields", [{"name": ""}, {"login": "deux mots"}, {"login": ""}, {"role": "reine"}])
async def test_account_is_not_made_where_something_is_missing(door, fields):
    person = await sign_in(door.http, door.dsn, "administrator", "racine")
    answer = await make(person, **fields)
    assert answer.status_code == 422
    assert re.findall(r'id="erreur-(\w+)"', answer.text) == list(fields)


async def test_login_that_is_taken_is_not_made_twice(door):
    person = await sign_in(door.http, door.dsn, "administrator", "racine")
    login = a_login()
    assert [(await make(person, login=login)).status_code for _ in range(2)] == [201, 422]


async def test_role_is_given_and_taken_back_with_the_sessions(door):
    person = await sign_in(door.http, door.dsn, "administrator", "racine")
    agent = await sign_in(door.http, door.dsn, "agent", "guichet")
    path = f"/espace/comptes/{agent.account_id}"
    assert (await person.post(f"{path}/role", role="moderator", structure="mairie")).status_code == 303
    assert await grants(door, agent.account_id) == [("agent", "guichet"), ("moderator", "mairie")]
    assert (await agent.get("/espace")).status_code == 303
    assert (await person.post(f"{path}/role/retrait", role="agent", structure="guichet")).status_code == 303
    assert await grants(door, agent.account_id) == [("moderator", "mairie")]
    told = await door.fetch(
        "SELECT detail ->> 'change' AS change FROM acts WHERE subject = $1 AND actor = $2 ORDER BY act_id",
        agent.account_id,
        f"account:{person.account_id}",
    )
    assert [row["change"] for row in told] == ["given", "taken"]


async def test_account_with_roles_elsewhere_is_seen_but_neither_taken_over_nor_closed(door):
    person = await sign_in(door.http, door.dsn, "administrator", "guichet")
    both = await sign_in(door.http, door.dsn, "agent", "guichet", ("administrator", "*"), name="Les deux")
    path = f"/espace/comptes/{both.account_id}"
    shown = await person.get(path)
    assert shown.status_code == 200
    assert "Tous les services" not in shown.text
    for act in ("mot-de-passe", "fermeture"):
        assert (await person.post(f"{path}/{act}", confirme="oui")).status_code == 403
    for outside in ("*", "autre", "racine"):
        refused = await person.post(f"{path}/role/retrait", role="administrator", structure=outside)
        assert refused.status_code == 404
    assert await grants(door, both.account_id) == [("administrator", "*"), ("agent", "guichet")]


async def test_closing_needs_a_second_word_and_is_final(door):
    person = await sign_in(door.http, door.dsn, "administrator", "racine")
    agent = await sign_in(door.http, door.dsn, "agent", "guichet")
    path = f"/espace/comptes/{agent.account_id}"
    asked = await person.post(f"{path}/fermeture")
    assert "Oui, fermer ce compte" in asked.text
    assert (await agent.get("/espace")).status_code == 200
    assert (await person.post(f"{path}/fermeture", confirme="oui")).status_code == 303
    assert (await agent.get("/espace")).status_code == 303
    assert (await person.post(f"{path}/mot-de-passe")).status_code == 409
    assert "Fermé" in (await person.get("/espace/comptes")).text


async def test_nobody_closes_or_disarms_oneself(door):
    person = await sign_in(door.http, door.dsn, "administrator", "racine")
    path = f"/espace/comptes/{person.account_id}"
    for act, fields in (
        ("fermeture", {"confirme": "oui"}),
        ("mot-de-passe", {}),
        ("role/retrait", {"role": "administrator", "structure": "racine"}),
    ):
        assert (await person.post(f"{path}/{act}", **fields)).status_code == 403
    assert (await person.get("/espace/comptes")).status_code == 200


async def test_password_given_by_an_administrator_ends_the_sessions_before(door):
    person = await sign_in(door.http, door.dsn, "administrator", "racine")
    agent = await sign_in(door.http, door.dsn, "agent", "guichet")
    given = await person.post(f"/espace/comptes/{agent.account_id}/mot-de-passe")
    assert given.status_code == 200
    assert 'class="secret"' in given.text
    assert (await agent.get("/espace")).status_code == 303
