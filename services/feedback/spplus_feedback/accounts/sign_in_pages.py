"""Signing in and out with a password, and the first page of who is signed in."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from spplus_chassis.database import Pool
from spplus_chassis.problem import Problem
from spplus_feedback.accounts import repository, tokens
from spplus_feedback.accounts.oidc import OidcError, Provider, ProviderAwayError
from spplus_feedback.accounts.origin import check_origin
from spplus_feedback.accounts.passwords import Passwords
from spplus_feedback.accounts.people import HOME, SIGN_IN, Clock, Person, checked_form, require_person
from spplus_feedback.accounts.signing_in import SessionRules, Try, account_of, open_session
from spplus_feedback.screens import Page, on_to, page, sent_form

_FORM_NAME: Final = "spplus_form"
_WRONG: Final = "L’identifiant ou le mot de passe n’est pas le bon."
_TOO_OFTEN: Final = "Trop d’essais en peu de temps. Attendez un quart d’heure, puis réessayez."
_EXPIRED: Final = "Cette page est restée ouverte trop longtemps, ou votre navigateur refuse les cookies. Réessayez."
_LONGEST: Final = 200


def router(
    pool: Callable[[], Pool],
    passwords: Passwords,
    rules: SessionRules,
    *,
    clock: Clock,
    provider: Provider | None = None,
) -> APIRouter:
    """The routes."""
    routes = APIRouter(route_class=Page, include_in_schema=False)
    name = provider.settings.name if provider else None
    signed = require_person(pool, clock=clock)

    @routes.get(SIGN_IN)
    async def get_sign_in(request: Request, suite: str = "") -> Response:
        return sign_in_form(request, rules, onward=inside(suite), provider=name)

    @routes.post(SIGN_IN)
    async def post_sign_in(request: Request) -> Response:
        return await _sign_in(request, pool(), passwords, rules, clock(), name)

    @routes.post("/deconnexion")
    async def post_sign_out(request: Request, person: Annotated[Person, Depends(signed)]) -> Response:
        await checked_form(request, person)
        given, id_token = tokens.presented(request), None
        if given is not None:
            async with pool().acquire() as connection:
                id_token = await repository.end_session(connection, tokens.hash_of(given.token))
        onward = await _way_out(provider, id_token, clock())
        answer = page("people/signed_out.html", onward=onward, provider=name)
        tokens.take_back(answer, secure=rules.secure)
        return answer

    @routes.get(HOME)
    async def get_home(person: Annotated[Person, Depends(signed)]) -> Response:
        return page("people/home.html", person=person)

    return routes


async def _sign_in(
    request: Request, pool: Pool, passwords: Passwords, rules: SessionRules, now: datetime, provider: str | None
) -> Response:
    check_origin(request)
    sent = {field: values[0] for field, values in (await sent_form(request)).items()}
    login, onward = sent.get("login", "").strip().lower()[:_LONGEST], inside(sent.get("suite", ""))
    word = request.cookies.get(_cookie(rules))
    if not word or not tokens.same(sent.get("csrf", ""), tokens.csrf_of(word)):
        return sign_in_form(request, rules, login=login, onward=onward, error=_EXPIRED, status=403, provider=provider)
    tried = Try(login, sent.get("password", "")[:_LONGEST], address_of(request))
    try:
        account = await account_of(pool, passwords, tried, now)
    except Problem as problem:
        if problem.status != 429:  # noqa: PLR2004 - HTTP's own number
            raise
        return sign_in_form(request, rules, login=login, onward=onward, error=_TOO_OFTEN, status=429, provider=provider)
    if account is None:
        return sign_in_form(request, rules, login=login, onward=onward, error=_WRONG, status=422, provider=provider)
    before = tokens.presented(request)
    async with pool.acquire() as connection:
        token = await open_session(
            connection, account, rules, now, way="password", before=before.token if before else None
        )
    answer = on_to(onward or HOME)
    tokens.give(answer, token, secure=rules.secure)
    answer.delete_cookie(_cookie(rules), path="/", secure=rules.secure, httponly=True, samesite="lax")
    return answer


def address_of(request: Request) -> str:
    """Where a request comes from, as the network or a trusted proxy says."""
    return request.client.host if request.client else ""


def inside(path: str) -> str:
    """The path, where it is one of the pages behind the sign-in; nothing otherwise: nobody is sent to another site."""
    fits = path == HOME or path.startswith((f"{HOME}/", f"{HOME}?"))
    return path if fits and path.isprintable() and "\\" not in path else ""


def _cookie(rules: SessionRules) -> str:
    return f"__Host-{_FORM_NAME}" if rules.secure else _FORM_NAME


async def _way_out(provider: Provider | None, id_token: str | None, now: datetime) -> str | None:
    """Where the provider's own session ends, if this one came from there."""
    if provider is None or id_token is None:
        return None
    try:
        return await provider.way_out(id_token, now)
    except (OidcError, ProviderAwayError):
        return None


def sign_in_form(
    request: Request,
    rules: SessionRules,
    *,
    provider: str | None,
    login: str = "",
    onward: str = "",
    error: str = "",
    status: int = 200,
) -> Response:
    """The form. It is tied to this browser, so that no other site signs somebody in under another name."""
    word = request.cookies.get(_cookie(rules)) or tokens.new_token()
    answer = page(
        "people/sign_in.html",
        status=status,
        word=tokens.csrf_of(word),
        login=login,
        onward=onward,
        error=error,
        provider=provider,
    )
    answer.set_cookie(_cookie(rules), word, path="/", secure=rules.secure, httponly=True, samesite="lax")
    return answer
