"""Signing in with a password, as a browser without JavaScript does it."""

import re
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from spplus_feedback.accounts.handlers import close, give
from spplus_feedback.accounts.roles import Grant, Role
from tests.support.people import COOKIE, sign_in
from tests.support.signing import PASSWORD, an_account, browsing, doing, form_of, on_database, signing_in

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


@pytest_asyncio.fixture
async def browser(door):
    async with browsing(door) as client:
        yield client


async def acts_about(door, account):
    rows = await door.fetch(
        "SELECT action, detail::text FROM acts WHERE subject = $1 ORDER BY act_id", account.account_id
    )
    return [(row["action"], row["detail"]) for row in rows]


async def test_password_opens_a_session_in_a_cookie_that_scripts_and_other_sites_never_see(door, browser):
    account = await an_account(door, grant=Grant(Role.AGENT, "racine"))
    answer = await signing_in(browser, account.login.upper())

    assert (answer.status_code, answer.headers["location"]) == (303, "/espace")
    cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith(COOKIE))
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    home = await browser.get("/espace")
    assert home.status_code == 200
    assert "Camille Essai" in home.text
    assert "/espace/demandes" in home.text
    assert "/espace/comptes" not in home.text
    assert [action for action, _ in await acts_about(door, account)] == [
        "account.created",
        "account.changed",
        "account.signed_in",
    ]


async def test_database_holds_only_the_hash_of_the_cookie(door, browser):
    account = await an_account(door)
    await signing_in(browser, account.login)
    token = browser.cookies[COOKIE]
    rows = await door.fetch("SELECT sessions::text AS held FROM sessions")
    assert rows
    assert not [row for row in rows if token in row["held"] or token.encode().hex() in row["held"]]


async def test_wrong_password_and_unknown_login_are_told_the_same_and_recorded_without_the_login(door, browser):
    account = await an_account(door)
    wrong = await signing_in(browser, account.login, "pas ce mot de passe-là")
    unknown = await signing_in(browser, "personne@essai.example", "pas ce mot de passe-là")

    assert wrong.status_code == unknown.status_code == 422
    hidden = re.compile(r'value="[^"]*"')
    assert hidden.sub("", wrong.text) == hidden.sub("", unknown.text)
    assert COOKIE not in browser.cookies
    assert ("account.sign_in_failed", "{}") in await acts_about(door, account)
    failed = await door.fetch("SELECT acts::text AS line FROM acts WHERE action = 'account.sign_in_failed'")
    assert not [row for row in failed if "essai.example" in row["line"]]


async def test_sign_in_by_another_site_is_refused(door, browser):
    account = await an_account(door)
    form = await form_of(browser) | {"login": account.login, "password": PASSWORD}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://ailleurs.example"}):
        assert (await browser.post("/connexion", data=form, headers=headers)).status_code == 403
    assert (await browser.post("/connexion", data=form | {"csrf": "un autre mot"})).status_code == 403
    browser.cookies.clear()
    assert (await browser.post("/connexion", data=form)).status_code == 403


async def test_one_goes_on_to_the_page_that_was_asked_for_and_never_to_another_site(door, browser):
    account = await an_account(door)
    asked = await browser.get("/espace?x=1")
    assert asked.headers["location"] == "/connexion?suite=%2Fespace%3Fx%3D1"
    form = await form_of(browser, asked.headers["location"])
    sent = form | {"login": account.login, "password": PASSWORD}
    assert (await browser.post("/connexion", data=sent)).headers["location"] == "/espace?x=1"
    for elsewhere in ("https://ailleurs.example/", "//ailleurs.example", "/espace\\..", "/espaceX", "/partager"):
        assert (await signing_in(browser, account.login, suite=elsewhere)).headers["location"] == "/espace"


async def test_signing_in_again_gives_a_new_session_and_ends_the_one_before(door, browser):
    account = await an_account(door)
    await signing_in(browser, account.login)
    first = browser.cookies[COOKIE]
    await signing_in(browser, account.login)
    assert browser.cookies[COOKIE] != first
    stale = await door.http.get("/espace", headers={"Cookie": f"{COOKIE}={first}"})
    assert stale.status_code == 303


async def test_signing_out_ends_the_session_and_needs_the_word_of_the_form(door):
    person = await sign_in(door.http, door.dsn, Role.AGENT, "racine")
    assert (await person.post("/deconnexion", csrf="autre")).status_code == 403
    assert (await person.get("/espace")).status_code == 200
    out = await person.post("/deconnexion")
    assert out.status_code == 200
    assert f'{COOKIE}=""' in out.headers["set-cookie"]
    assert (await person.get("/espace")).status_code == 303


async def test_session_ends_when_it_is_idle_or_old(door):
    for column in ("seen_at", "expires_at"):
        person = await sign_in(door.http, door.dsn, Role.AGENT, "racine")
        assert (await person.get("/espace")).status_code == 200
        statement = f"UPDATE sessions SET {column} = {column} - interval '13 hours' WHERE account_id = $1::uuid"
        await door.fetch(statement, person.account_id)
        assert (await person.get("/espace")).status_code == 303


async def test_session_of_an_encrypted_way_is_not_taken_under_a_name_that_any_way_can_set(door):
    person = await sign_in(door.http, door.dsn, Role.AGENT, "racine")
    cookie = {"Cookie": f"spplus_session={person.cookie['value']}"}
    assert (await door.http.get("/espace", headers=cookie)).status_code == 303


async def test_closed_account_and_changed_rights_end_all_sessions(door):
    for change in (
        lambda connection, account_id: close(connection, account_id, doing()),
        lambda connection, account_id: give(connection, account_id, Grant(Role.MODERATOR, "*"), doing()),
    ):
        person = await sign_in(door.http, door.dsn, Role.AGENT, "racine")
        await on_database(door, lambda connection, change=change, id_=person.account_id: change(connection, id_))
        assert (await person.get("/espace")).status_code == 303


async def test_closed_account_and_password_handed_over_too_long_ago_open_nothing(door, browser):
    closed = await an_account(door)
    await on_database(door, lambda connection: close(connection, closed.account_id, doing()))
    late = await an_account(door, temporary_until=datetime(2026, 1, 1, tzinfo=UTC))
    invited = await an_account(door, password_hash=None)
    for account in (closed, late, invited):
        assert (await signing_in(browser, account.login)).status_code == 422
