"""Signing in by a real OpenID Connect provider, and what an attacker may try on the way."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio
from pydantic import ValidationError

from spplus_feedback.accounts.handlers import close
from spplus_feedback.accounts.oidc import OidcError, Provider, ProviderSettings, new_flow
from spplus_feedback.accounts.roles import Grant, Role
from spplus_feedback.settings import FeedbackSettings
from tests.support.intake import a_door
from tests.support.oidc_process import ALTERED, CLIENT, FORGED, SECRET, provider_process
from tests.support.people import COOKIE, sign_in
from tests.support.signing import an_account, browsing, doing, on_database

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def provider():
    async with provider_process() as process:
        yield process


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def door(kafka, make_database, provider):
    issuer = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    async with a_door(make_database(), kafka, public_url="https://door", **issuer) as opened_door:
        yield opened_door


@pytest_asyncio.fixture
async def browser(door, provider):
    await provider.behave()
    async with browsing(door) as client:
        yield client


async def invited(door, *, days=14, **more):
    """An account without a password that waits for its person, and that person's subject at the provider."""
    until = datetime.now(UTC) + timedelta(days=days)
    grant = Grant(Role.AGENT, "guichet")
    account = await an_account(door, grant=grant, **{"password_hash": None, "invited_until": until} | more)
    return account, f"sub-{uuid.uuid4().hex}"


async def known(provider, subject, login, *, verified=True):
    await provider.knows(subject, email=login.upper(), email_verified=verified)


async def setting_out(browser, path="/connexion/fournisseur"):
    answer = await browser.get(path)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def back(browser, provider, subject, path="/connexion/fournisseur"):
    """There and back again."""
    landing = await provider.signs_in(await setting_out(browser, path), subject)
    return await browser.get(landing)


async def test_invited_person_signs_in_and_is_known_by_subject_from_then_on(door, browser, provider):
    account, subject = await invited(door)
    await known(provider, subject, account.login)
    answer = await back(browser, provider, subject, "/connexion/fournisseur?suite=/espace/mon-compte")
    assert (answer.status_code, answer.headers["location"]) == (303, "/espace/mon-compte")
    assert account.login in (await browser.get("/espace/mon-compte")).text

    await known(provider, subject, "une-autre-adresse@essai.example")
    browser.cookies.clear()
    assert (await back(browser, provider, subject)).headers["location"] == "/espace"
    ways = await door.fetch(
        "SELECT coalesce(detail ->> 'way', detail ->> 'change') AS way FROM acts WHERE subject = $1 ORDER BY act_id",
        account.account_id,
    )
    assert [row["way"] for row in ways] == ["provider", "given", "linked", "provider", "provider"]


async def test_what_is_asked_of_the_provider_is_tied_to_this_browser(browser):
    asked = [parse_qs(urlsplit(await setting_out(browser)).query) for _ in range(2)]
    for each in asked:
        assert each["response_type"] == ["code"]
        assert each["code_challenge_method"] == ["S256"]
        assert each["redirect_uri"] == ["https://door/connexion/retour"]
        assert SECRET not in str(each)
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]


async def test_nobody_is_let_in_without_an_invitation_for_a_verified_address(door, browser, provider):
    unverified, first = await invited(door)
    await known(provider, first, unverified.login, verified=False)
    late, second = await invited(door, days=-1)
    await known(provider, second, late.login)
    uninvited, third = await invited(door, invited_until=None)
    await known(provider, third, uninvited.login)
    closed, fourth = await invited(door)
    await on_database(door, lambda connection: close(connection, closed.account_id, doing()))
    await known(provider, fourth, closed.login)
    for subject in (first, second, third, fourth, f"personne-{uuid.uuid4().hex}"):
        answer = await back(browser, provider, subject)
        assert answer.status_code == 403
        assert "Aucun compte ne vous attend" in answer.text
        assert COOKIE not in browser.cookies


async def test_invitation_is_used_up_by_the_first_person(door, browser, provider):
    account, subject = await invited(door)
    await known(provider, subject, account.login)
    assert (await back(browser, provider, subject)).status_code == 303
    await known(provider, f"{subject}-2", account.login)
    browser.cookies.clear()
    assert (await back(browser, provider, f"{subject}-2")).status_code == 403


async def test_answer_to_another_browser_is_refused(door, browser, provider):
    account, subject = await invited(door)
    await known(provider, subject, account.login)
    landing = await provider.signs_in(await setting_out(browser), subject)
    async with browsing(door) as victim:
        assert (await victim.get(landing)).status_code == 403
        await setting_out(victim)
        assert (await victim.get(landing)).status_code == 403
        assert COOKIE not in victim.cookies


async def test_answer_is_taken_once(door, browser, provider):
    account, subject = await invited(door)
    await known(provider, subject, account.login)
    landing = await provider.signs_in(await setting_out(browser), subject)
    flow = dict(browser.cookies)
    assert (await browser.get(landing)).status_code == 303
    assert "__Host-spplus_flow" not in browser.cookies
    assert (await browser.get(landing)).status_code == 403
    browser.cookies.clear()
    replayed = await browser.get(landing, headers={"Cookie": "; ".join(f"{k}={v}" for k, v in flow.items())})
    assert replayed.status_code == 403, "the provider takes a code once"


async def test_code_without_its_verifier_is_worth_nothing(door, browser, provider):
    account, subject = await invited(door)
    await known(provider, subject, account.login)
    landing = httpx.URL(await provider.signs_in(await setting_out(browser), subject))
    async with browsing(door) as thief:
        state = parse_qs(urlsplit(await setting_out(thief)).query)["state"][0]
        assert (await thief.get(landing.copy_merge_params({"state": state}))).status_code == 403


@pytest.mark.parametrize("how", [*ALTERED, *FORGED, "signed_person_of_others"])
async def test_token_that_is_not_signed_by_the_provider_for_us_and_now_is_refused(door, browser, provider, how):
    account, subject = await invited(door)
    await known(provider, subject, account.login)
    landing = await provider.signs_in(await setting_out(browser), subject)
    await provider.behave(how)
    answer = await browser.get(landing)
    assert answer.status_code == 403
    assert COOKIE not in browser.cookies
    [row] = await door.fetch("SELECT count(*) FROM sessions WHERE account_id = $1::uuid", account.account_id)
    assert row["count"] == 0


async def test_provider_that_calls_itself_by_another_name_is_not_believed(provider):
    await provider.behave("renamed")
    settings = ProviderSettings(
        "P", provider.issuer, CLIENT, SECRET, "https://door", "openid", "", emails_verified=False
    )
    with pytest.raises(OidcError, match="another name"):
        await Provider(settings).way_in(new_flow(""), datetime.now(UTC))


async def test_person_told_by_a_signed_token_is_taken(door, browser, provider):
    account, subject = await invited(door)
    await known(provider, subject, account.login)
    await provider.behave("signed_person")
    assert (await back(browser, provider, subject)).status_code == 303


async def test_refusal_and_absence_of_the_provider_are_told(browser, provider):
    way_in = await setting_out(browser)
    state = parse_qs(urlsplit(way_in).query)["state"][0]
    denied = await browser.get("/connexion/retour", params={"state": state, "error": "access_denied"})
    assert denied.status_code == 403
    assert "n’a pas abouti" in denied.text
    landing = await provider.signs_in(await setting_out(browser), "quelqu'un")
    await provider.behave("away")
    away = await browser.get(landing)
    assert away.status_code == 503
    assert "ne répond pas" in away.text


async def test_signing_out_ends_the_session_of_the_provider_too(door, browser, provider):
    account, subject = await invited(door)
    await known(provider, subject, account.login)
    await back(browser, provider, subject)
    [word] = re.findall(r'name="csrf" value="([^"]+)"', (await browser.get("/espace")).text)
    out = await browser.post("/deconnexion", data={"csrf": word})
    [onward] = re.findall(r'http-equiv="refresh" content="0; url=([^"]+)"', out.text)
    asked = parse_qs(urlsplit(onward.replace("&amp;", "&")).query)
    assert onward.startswith(f"{provider.issuer}/oauth2/end_session")
    assert {"id_token_hint", "post_logout_redirect_uri", "state"} == set(asked)
    assert asked["post_logout_redirect_uri"] == ["https://door/connexion"]


async def test_administrator_invites_an_account_that_has_a_password(door, browser, provider):
    account = await an_account(door, grant=Grant(Role.AGENT, "guichet"))
    subject = f"sub-{uuid.uuid4().hex}"
    await known(provider, subject, account.login)
    assert (await back(browser, provider, subject)).status_code == 403
    person = await sign_in(door.http, door.dsn, "administrator", "racine")
    assert (await person.post(f"/espace/comptes/{account.account_id}/invitation")).status_code == 303
    assert (await back(browser, provider, subject)).status_code == 303


async def test_sign_in_page_offers_the_provider(browser):
    assert "Se connecter avec ProConnect" in (await browser.get("/connexion")).text


async def test_half_settings_are_refused():
    with pytest.raises(ValidationError, match="client secret"):
        FeedbackSettings(database_url="postgresql://x", oidc_issuer="https://a.example", _env_file=None)
