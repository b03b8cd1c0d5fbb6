"""Pages for API keys: made, replaced without a gap, taken back; each is shown once and never again."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Request, Response

from spplus_chassis.database import Connection, Pool
from spplus_chassis.problem import Problem
from spplus_feedback.access import (
    EVENT_SCOPES,
    WHOLE_SOURCE,
    BadKeyError,
    ListedKey,
    Scope,
    create_key,
    number_of,
    revoke_key,
    rotate_key,
)
from spplus_feedback.accounts.people import Person, checked_form, require
from spplus_feedback.accounts.roles import Action
from spplus_feedback.agencies import wording
from spplus_feedback.agencies.administering import Clock, Office, keys_of, meant, office_of, seen_key
from spplus_feedback.deadlines import end_of_day
from spplus_feedback.screens import Page, on_to, page
from spplus_feedback.structures_queries import structures_of

KEYS: Final = "/espace/cles"
_LONGEST_NAME: Final = 100
_MANAGE: Final = Action.MANAGE_KEYS
Sent = dict[str, list[str]]
KeyId = Annotated[int, Path(ge=1, le=2**62)]


def router(pool: Callable[[], Pool], *, clock: Clock) -> APIRouter:
    """The routes."""
    routes = APIRouter()
    routes.include_router(_showing(pool, clock))
    routes.include_router(_changing(pool, clock))
    return routes


def _showing(pool: Callable[[], Pool], clock: Clock) -> APIRouter:
    routes = APIRouter(route_class=Page, include_in_schema=False)
    administrator = require(pool, _MANAGE, clock=clock)

    @routes.get(KEYS)
    async def get_keys(person: Annotated[Person, Depends(administrator)]) -> Response:
        async with pool().acquire() as connection:
            office = await office_of(connection, person, _MANAGE, clock())
            found = await keys_of(connection, office)
            places = await _places(connection, found)
        return page("agencies/keys.html", person=person, keys=found, places=places, scopes=wording.SCOPES)

    @routes.get(f"{KEYS}/nouvelle")
    async def get_new(person: Annotated[Person, Depends(administrator)], source: str = "") -> Response:
        async with pool().acquire() as connection:
            office = await office_of(connection, person, _MANAGE, clock())
        return _form(office, {"source": [source]} if source else {}, {})

    @routes.get(f"{KEYS}/{{key_id}}")
    async def get_key(key_id: KeyId, person: Annotated[Person, Depends(administrator)]) -> Response:
        async with pool().acquire() as connection:
            office = await office_of(connection, person, _MANAGE, clock())
            return await _shown(connection, office, key_id)

    return routes


def _changing(pool: Callable[[], Pool], clock: Clock) -> APIRouter:
    routes = APIRouter(route_class=Page, include_in_schema=False)
    administrator = require(pool, _MANAGE, clock=clock)

    @routes.post(KEYS)
    async def post_key(request: Request, person: Annotated[Person, Depends(administrator)]) -> Response:
        sent = await checked_form(request, person)
        async with pool().acquire() as connection, connection.transaction():
            office = await office_of(connection, person, _MANAGE, clock())
            return await _create(connection, office, sent, clock())

    @routes.post(f"{KEYS}/{{key_id}}/remplacement")
    async def post_rotation(
        request: Request, key_id: KeyId, person: Annotated[Person, Depends(administrator)]
    ) -> Response:
        hours = (await checked_form(request, person)).get("overlap", [""])[0]
        async with pool().acquire() as connection, connection.transaction():
            office = await office_of(connection, person, _MANAGE, clock())
            await seen_key(connection, office, key_id)
            if hours not in wording.OVERLAPS:
                raise Problem(422)
            overlap = timedelta(hours=int(hours))
            rotated = await rotate_key(connection, key_id, overlap=overlap, by=office.actor)
            if rotated is None:
                raise Problem(409)
            return await _shown(connection, office, rotated[0], secret=rotated[1], status=201)

    @routes.post(f"{KEYS}/{{key_id}}/revocation")
    async def post_revocation(
        request: Request, key_id: KeyId, person: Annotated[Person, Depends(administrator)]
    ) -> Response:
        sent = await checked_form(request, person)
        async with pool().acquire() as connection, connection.transaction():
            office = await office_of(connection, person, _MANAGE, clock())
            key = await seen_key(connection, office, key_id)
            if sent.get("confirme") != ["oui"]:
                return page("agencies/key_revoke.html", person=person, key=key)
            await revoke_key(connection, key_id, by=office.actor)
        return on_to(KEYS)

    return routes


async def _create(connection: Connection, office: Office, sent: Sent, now: datetime) -> Response:
    errors: dict[str, str] = {}
    name = _one(sent, "name")
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        errors["name"] = "Dites à quoi sert la clé, en quelques mots."
    scopes = [scope for scope in Scope if scope.value in sent.get("scope", [])]
    if not scopes:
        errors["scope"] = "Choisissez au moins un droit."
    source = _source(office, sent, scopes, errors)
    structure = await _structure(connection, office, sent, scopes, errors)
    expires_at = _expiry(sent, now, errors)
    if errors:
        return _form(office, sent, errors)
    try:
        key, number = await _made(connection, office, name, scopes, structure, source, expires_at)
    except BadKeyError:
        return _form(office, sent, {"scope": "Ces droits ne vont pas ensemble : faites deux clés."})
    return await _shown(connection, office, number, secret=key, status=201)


async def _made(
    connection: Connection,
    office: Office,
    name: str,
    scopes: list[Scope],
    structure: str,
    source: str | None,
    expires_at: datetime | None,
) -> tuple[str, int]:
    key = await create_key(
        connection,
        name=name,
        scopes=scopes,
        structure_code=structure,
        source=source,
        expires_at=expires_at,
        by=office.actor,
    )
    return key, await number_of(connection, key)


def _source(office: Office, sent: Sent, scopes: list[Scope], errors: dict[str, str]) -> str | None:
    code = _one(sent, "source")
    of_events = set(scopes) & set(EVENT_SCOPES.values())
    if of_events and code not in {source.code for source in office.owned()}:
        errors["source"] = "Choisissez le système pour lequel la clé transmet des événements."
    return code if of_events else None


async def _structure(
    connection: Connection, office: Office, sent: Sent, scopes: list[Scope], errors: dict[str, str]
) -> str:
    typed = _one(sent, "structure")
    if not typed and scopes and set(scopes) <= set(EVENT_SCOPES.values()):
        return WHOLE_SOURCE
    code, hint = await meant(connection, office, typed)
    if code is None:
        errors["structure"] = hint
    return code or ""


def _expiry(sent: Sent, now: datetime, errors: dict[str, str]) -> datetime | None:
    typed = _one(sent, "expires")
    if not typed:
        return None
    try:
        ends_at = end_of_day(date.fromisoformat(typed))
    except (ValueError, OverflowError):
        ends_at = now
    if ends_at <= now:
        errors["expires"] = "Donnez un jour à venir, ou laissez vide."
    return ends_at


async def _shown(
    connection: Connection, office: Office, key_id: int, *, secret: str | None = None, status: int = 200
) -> Response:
    key = await seen_key(connection, office, key_id)
    return page(
        "agencies/key.html",
        status=status,
        person=office.person,
        key=key,
        places=await _places(connection, [key]),
        scopes=wording.SCOPES,
        overlaps=wording.OVERLAPS,
        secret=secret,
    )


def _form(office: Office, sent: Sent, errors: dict[str, str]) -> Response:
    return page(
        "agencies/key_new.html",
        status=422 if errors else 200,
        person=office.person,
        sent=sent,
        errors=errors,
        scopes=wording.SCOPES,
        sources=office.owned(),
    )


async def _places(connection: Connection, keys: list[ListedKey]) -> dict[str, str]:
    known = await structures_of(connection, {key.structure_code for key in keys})
    names = {code: structure.public_name or structure.name for code, structure in known.items()}
    return names | {WHOLE_SOURCE: "celui du système"}


def _one(sent: Sent, name: str) -> str:
    return sent.get(name, [""])[0].strip()
