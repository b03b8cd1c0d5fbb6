"""Pages for the register of sources: who may say what, and what became of what they said."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final

from aiokafka.errors import KafkaError
from fastapi import APIRouter, Depends, Request, Response

from spplus_chassis.database import Connection, Pool
from spplus_contracts.topics import inbound
from spplus_contracts.vocabulary import PLATFORM_SOURCE
from spplus_feedback.accounts.people import Person, checked_form, require
from spplus_feedback.accounts.roles import Action
from spplus_feedback.agencies import wording
from spplus_feedback.agencies.administering import Clock, Office, meant, office_of, owned_source, seen_source
from spplus_feedback.deadlines import paris_day
from spplus_feedback.gate_rules import Source
from spplus_feedback.reasons import LABELS
from spplus_feedback.screens import Page, on_to, page
from spplus_feedback.source_counts import ACCEPTED, DUPLICATE, SourceCount, counts_of
from spplus_feedback.sources import remove_source, save_source
from spplus_feedback.structures_queries import structures_of

SOURCES: Final = "/espace/sources"
_PATIENCE_SECONDS: Final = 10.0
"""How long a page waits for the brokers."""
_LATELY: Final = timedelta(days=7)
_LONGEST_NAME: Final = 100
_MOST_STRUCTURES: Final = 50
_CODE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_BAD_CODE: Final = "Un code a des lettres minuscules, des chiffres et des tirets ; « spplus » est réservé."
_MANAGE: Final = Action.MANAGE_SOURCES
Sent = dict[str, list[str]]
MakeTopic = Callable[[str], Awaitable[None]]
"""Makes the inbound topic of a source, if it is missing. Raises `aiokafka.errors.KafkaError`."""


def router(pool: Callable[[], Pool], make_topic: MakeTopic, *, clock: Clock) -> APIRouter:
    """The routes."""
    routes = APIRouter()
    routes.include_router(_showing(pool, clock))
    routes.include_router(_changing(pool, make_topic, clock))
    return routes


def _showing(pool: Callable[[], Pool], clock: Clock) -> APIRouter:
    routes = APIRouter(route_class=Page, include_in_schema=False)
    administrator = require(pool, _MANAGE, clock=clock)

    @routes.get(SOURCES)
    async def get_sources(person: Annotated[Person, Depends(administrator)]) -> Response:
        async with pool().acquire() as connection:
            office = await office_of(connection, person, _MANAGE, clock())
            seen = [source for source in office.sources.values() if office.sees(source)]
            since = paris_day(clock() - _LATELY)
            counts = await counts_of(connection, [source.code for source in seen], since=since)
        totals = _totals(seen, counts)
        return page("agencies/sources.html", person=person, sources=seen, totals=totals)

    @routes.get(f"{SOURCES}/nouvelle")
    async def get_new(person: Annotated[Person, Depends(administrator)]) -> Response:
        return _form(person, None, {}, {})

    @routes.get(f"{SOURCES}/{{code}}")
    async def get_source(code: str, person: Annotated[Person, Depends(administrator)], sujet: str = "") -> Response:
        async with pool().acquire() as connection:
            office = await office_of(connection, person, _MANAGE, clock())
            source = seen_source(office, code)
            counts = await counts_of(connection, [code], since=paris_day(clock() - _LATELY))
            places = await structures_of(connection, source.structure_codes)
        return page(
            "agencies/source.html",
            person=person,
            source=source,
            owned=office.owns(source),
            counts=counts,
            places={key: each.public_name or each.name for key, each in places.items()},
            topic=inbound(code).name,
            topic_failed=sujet == "absent",
            labels=LABELS,
            words=wording,
        )

    @routes.get(f"{SOURCES}/{{code}}/droits")
    async def get_change(code: str, person: Annotated[Person, Depends(administrator)]) -> Response:
        async with pool().acquire() as connection:
            source = owned_source(await office_of(connection, person, _MANAGE, clock()), code)
        return _form(person, source, _as_sent(source), {})

    return routes


def _changing(pool: Callable[[], Pool], make_topic: MakeTopic, clock: Clock) -> APIRouter:
    routes = APIRouter(route_class=Page, include_in_schema=False)
    administrator = require(pool, _MANAGE, clock=clock)

    @routes.post(SOURCES)
    async def post_source(request: Request, person: Annotated[Person, Depends(administrator)]) -> Response:
        sent = await checked_form(request, person)
        async with pool().acquire() as connection, connection.transaction():
            office = await office_of(connection, person, _MANAGE, clock())
            code = _one(sent, "code")
            taken = {"code": "Ce code est déjà pris."} if code in office.sources else {}
            saved = await _save(connection, office, code, sent, None, taken)
        return await _on_to_source(saved, make_topic)

    @routes.post(f"{SOURCES}/{{code}}")
    async def post_change(request: Request, code: str, person: Annotated[Person, Depends(administrator)]) -> Response:
        sent = await checked_form(request, person)
        async with pool().acquire() as connection, connection.transaction():
            office = await office_of(connection, person, _MANAGE, clock())
            saved = await _save(connection, office, code, sent, owned_source(office, code), {})
        return await _on_to_source(saved, make_topic)

    @routes.post(f"{SOURCES}/{{code}}/retrait")
    async def post_removal(request: Request, code: str, person: Annotated[Person, Depends(administrator)]) -> Response:
        sent = await checked_form(request, person)
        async with pool().acquire() as connection, connection.transaction():
            office = await office_of(connection, person, _MANAGE, clock())
            source = owned_source(office, code)
            if sent.get("confirme") != ["oui"]:
                return page("agencies/source_remove.html", person=person, source=source)
            await remove_source(connection, code, by=office.actor)
        return on_to(f"{SOURCES}/{code}")

    return routes


@dataclass(slots=True)
class _Total:
    """What became of a source's events, in short."""

    accepted: int = 0
    refused: int = 0
    last_at: datetime | None = None


def _totals(seen: Sequence[Source], counts: Sequence[SourceCount]) -> dict[str, _Total]:
    totals = {source.code: _Total() for source in seen}
    for each in counts:
        total = totals[each.source]
        if each.verdict == ACCEPTED:
            total.accepted += each.events
        elif each.verdict != DUPLICATE:
            total.refused += each.events
        total.last_at = max(total.last_at or each.last_at, each.last_at)
    return totals


async def _on_to_source(saved: Source | Response, make_topic: MakeTopic) -> Response:
    if isinstance(saved, Response):
        return saved
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await make_topic(saved.code)
    except (KafkaError, OSError):
        return on_to(f"{SOURCES}/{saved.code}?sujet=absent")
    return on_to(f"{SOURCES}/{saved.code}")


async def _save(
    connection: Connection, office: Office, code: str, sent: Sent, known: Source | None, errors: dict[str, str]
) -> Source | Response:
    """Write what was sent; the form again where something is wrong with it."""
    if known is None and "code" not in errors and (not _CODE.fullmatch(code) or code == PLATFORM_SOURCE):
        errors["code"] = _BAD_CODE
    name = _one(sent, "name")
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        errors["name"] = "Donnez le nom du système, tel que vos collègues le connaissent."
    feedback = frozenset(sent.get("feedback", [])) & wording.FEEDBACK_KINDS.keys()
    forms = {kind: _one(sent, f"request_{kind}") for kind in wording.REQUEST_KINDS}
    source = Source(
        code=code,
        name=name,
        feedback_kinds=feedback,
        single_kinds=frozenset(kind for kind, form in forms.items() if form == "single"),
        bulk_kinds=frozenset(kind for kind, form in forms.items() if form == "bulk"),
        structure_codes=await _structures(connection, office, _one(sent, "structures"), errors),
    )
    if not (source.feedback_kinds or source.single_kinds or source.bulk_kinds):
        errors["grants"] = "Choisissez au moins une chose que le système peut transmettre."
    if not errors:
        await save_source(connection, source, by=office.actor)
    return _form(office.person, known, sent, errors) if errors else source


async def _structures(connection: Connection, office: Office, typed: str, errors: dict[str, str]) -> frozenset[str]:
    found = set()
    lines = [line.strip() for line in typed.splitlines() if line.strip()][:_MOST_STRUCTURES]
    for line in lines:
        code, hint = await meant(connection, office, line)
        if code is None:
            errors["structures"] = f"« {line} » : {hint}"
        else:
            found.add(code)
    if not lines:
        errors["structures"] = "Donnez au moins un service."
    return frozenset(found)


def _form(person: Person, known: Source | None, sent: Sent, errors: dict[str, str]) -> Response:
    return page(
        "agencies/source_form.html",
        status=422 if errors else 200,
        person=person,
        source=known,
        sent=sent,
        errors=errors,
        words=wording,
    )


def _as_sent(source: Source) -> Sent:
    forms = dict.fromkeys(source.single_kinds, "single") | dict.fromkeys(source.bulk_kinds, "bulk")
    return {
        "name": [source.name],
        "structures": ["\n".join(sorted(source.structure_codes))],
        "feedback": sorted(source.feedback_kinds),
        **{f"request_{kind}": [form] for kind, form in forms.items()},
    }


def _one(sent: Sent, name: str) -> str:
    return sent.get(name, [""])[0].strip()
