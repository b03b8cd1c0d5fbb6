"""Wrong passwords, passwords that were handed over, and new ones."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from argon2 import PasswordHasher

from spplus_feedback.accounts import throttle
from tests.support.people import COOKIE
from tests.support.signing import PASSWORD, an_account, browsing, form_of, on_database, signing_in

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

NEW = "un autre choix de mots"


@pytest_asyncio.fixture
async def browser(door):
    async with browsing(door) as client:
        yield client


async def changing(browser, **fields):
    form = await form_of(browser, "/espace/mot-de-passe")
    sent = {"current": PASSWORD, "chosen": NEW, "again": NEW} | fields
    return await browser.post("/espace/mot-de-passe", data={"csrf": form["csrf"]} | sent)


async def test_too_many_tries_wait_whoever_is_meant_and_the_right_password_waits_too(door, browser):
    account = await an_account(door)
    for login in (account.login, "personne-du-tout@essai.example"):
        said = [(await signing_in(browser, login, "pas ce mot de passe-là")).status_code for _ in range(7)]
        assert said == [422] * 5 + [429] * 2
    late = await signing_in(browser, account.login)
    assert late.status_code == 429
    assert "quart d’heure" in late.text


async def test_attempts_are_counted_for_a_quarter_of_an_hour_and_right_ones_not_at_all(door):
    async def trial(connection):
        at = datetime(2026, 3, 2, 10, 1, tzinfo=UTC)
        for _ in range(20):
            attempt = await throttle.count_attempt(connection, "right@x", "192.0.2.1", at)
            assert attempt.allowed
            await throttle.give_back(connection, attempt)
        wrong = [await throttle.count_attempt(connection, "wrong@x", "192.0.2.2", at) for _ in range(6)]
        assert [attempt.allowed for attempt in wrong] == [True] * 5 + [False]
        assert wrong[-1].wait_seconds == 14 * 60 + 1
        assert (await throttle.count_attempt(connection, "wrong@x", "192.0.2.3", at)).allowed
        later = at + timedelta(minutes=14)
        assert (await throttle.count_attempt(connection, "wrong@x", "192.0.2.2", later)).allowed
        network = [await throttle.count_attempt(connection, "six@x", f"2001:db8::{n}", at) for n in range(6)]
        assert not network[-1].allowed
        await throttle.forget_attempts(connection, at + timedelta(days=3))
        assert await connection.fetchval("SELECT count(*) FROM sign_in_attempts WHERE began_at < $1", later) == 0
        assert await connection.fetchval("SELECT count(*) FROM sign_in_salts WHERE day = $1", at.date()) == 0

    await on_database(door, trial)


async def test_one_address_that_tries_many_logins_waits_and_others_do_not(door):
    async def trial(connection):
        at = datetime(2026, 3, 3, 10, 1, tzinfo=UTC)
        tries = [await throttle.count_attempt(connection, f"{n}@x", "192.0.2.9", at) for n in range(41)]
        assert [attempt.allowed for attempt in tries] == [True] * 40 + [False]
        assert (await throttle.count_attempt(connection, "1@x", "192.0.2.10", at)).allowed

    await on_database(door, trial)


async def test_password_that_was_handed_over_opens_only_the_page_to_change_it(door, browser):
    account = await an_account(door, temporary_until=datetime.now(UTC) + timedelta(days=7))
    await signing_in(browser, account.login)
    assert (await browser.get("/espace")).headers["location"] == "/espace/mot-de-passe"
    page = await browser.get("/espace/mot-de-passe")
    assert "provisoire" in page.text
    assert (await changing(browser)).headers["location"] == "/espace/mon-compte"
    assert (await browser.get("/espace")).status_code == 200


async def test_new_password_ends_all_sessions_and_opens_a_new_one(door, browser):
    account = await an_account(door)
    await signing_in(browser, account.login)
    before = browser.cookies[COOKIE]
    assert (await changing(browser)).status_code == 303
    assert browser.cookies[COOKIE] != before
    assert (await browser.get("/espace/mon-compte")).status_code == 200
    assert (await door.http.get("/espace", headers={"Cookie": f"{COOKIE}={before}"})).status_code == 303
    assert (await signing_in(browser, account.login)).status_code == 422
    assert (await signing_in(browser, account.login, NEW)).status_code == 303


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"current": ""}, "current"),
        ({"current": "pas le mien du tout"}, "current"),
        ({"chosen": "trop court"}, "chosen"),
        ({"chosen": PASSWORD}, "chosen"),
        ({"chosen": "a" * 20}, "chosen"),
        ({"chosen": "Camille Essai 2026"}, "chosen"),
        ({"again": "pas la même chose"}, "again"),
    ],
)
async def test_password_is_not_changed_where_something_is_wrong_with_it(door, browser, fields, named):
    account = await an_account(door)
    await signing_in(browser, account.login)
    answer = await changing(browser, **fields)
    assert answer.status_code == 422
    assert re.findall(r'id="erreur-(\w+)"', answer.text) == [named]
    assert (await signing_in(browser, account.login)).status_code == 303


async def test_password_is_the_same_however_a_keyboard_composes_its_accents(door, browser):
    account = await an_account(door)
    await signing_in(browser, account.login)
    composed, apart = "été à l\u2019île d\u2019Yeu", "e\u0301te\u0301 a\u0300 l\u2019i\u0302le d\u2019Yeu"
    await changing(browser, chosen=composed, again=composed)
    assert (await signing_in(browser, account.login, apart)).status_code == 303


async def test_hash_made_with_weaker_parameters_is_made_anew_when_its_owner_signs_in(door, browser):
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
    account = await an_account(door, password_hash=weak.hash(PASSWORD))
    assert (await signing_in(browser, account.login)).status_code == 303
    [row] = await door.fetch("SELECT password_hash FROM accounts WHERE account_id = $1::uuid", account.account_id)
    assert not PasswordHasher().check_needs_rehash(row["password_hash"])
    assert (await signing_in(browser, account.login)).status_code == 303
