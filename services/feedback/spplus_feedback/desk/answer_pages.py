"""Answering: the draft is kept at every step, the answer is read once as its reader will, and is sent once."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from spplus_chassis.problem import Problem
from spplus_contracts.vocabulary import Outcome
from spplus_feedback.accounts.people import Person, checked_form, require
from spplus_feedback.accounts.roles import Action
from spplus_feedback.deadlines import paris_day
from spplus_feedback.desk.conflicts import conflict
from spplus_feedback.desk.replies import PLACES, fault_of, filled, joined
from spplus_feedback.desk.reply_templates import offered
from spplus_feedback.desk.request_pages import filling, request_page
from spplus_feedback.desk.speaking import had_draft, held_request, keep_draft, say, statement_of
from spplus_feedback.desk.surroundings import Sent, Surroundings, one
from spplus_feedback.desk.taking import StateChanged
from spplus_feedback.handlers import StatementChanged
from spplus_feedback.moderation.detection import detect
from spplus_feedback.moderation.spans import Kind, pieces
from spplus_feedback.screens import Page, on_to, page

_KINDS: Final = {
    Kind.EMAIL: "une adresse électronique",
    Kind.PHONE: "un numéro de téléphone",
    Kind.NIR: "un numéro de sécurité sociale",
    Kind.IBAN: "un numéro de compte",
    Kind.CARD: "un numéro de carte",
    Kind.PLATE: "une immatriculation",
    Kind.ADDRESS: "une adresse",
    Kind.NAME: "un nom",
    Kind.FILE_NUMBER: "un numéro de dossier",
    Kind.IP: "une adresse IP",
    Kind.URL: "un lien",
    Kind.BIRTH_DATE: "une date de naissance",
    Kind.OTHER: "une donnée personnelle",
}


def router(around: Surroundings) -> APIRouter:
    """The routes."""
    routes = APIRouter(route_class=Page, include_in_schema=False)
    answerer = Depends(require(around.pool, Action.ANSWER_REQUESTS, clock=around.clock))

    @routes.post("/espace/demandes/{request_id}/reponse")
    async def post_answer(request_id: UUID, request: Request, person: Annotated[Person, answerer]) -> Response:
        sent = await checked_form(request, person)
        steps = {"apercu": _preview, "modele": _insert, "envoyer": _send, "brouillon": _keep}
        step = steps.get(one(sent, "geste"), _keep)
        return await step(around, person, str(request_id), sent, around.clock())

    return routes


async def _keep(around: Surroundings, person: Person, request_id: str, sent: Sent, now: datetime) -> Response:
    """Save the draft; also the way back from the preview."""
    text = one(sent, "texte")
    fault = fault_of(text) if text.strip() else None
    if fault is not None:
        return await request_page(around, person, request_id, error=fault, typed=text)
    await keep_draft(around, person, request_id, text, one(sent, "etat"), now)
    back = one(sent, "geste") == "modifier"
    return on_to(f"/espace/demandes/{request_id}{'' if back else '?fait=brouillon'}#texte")


async def _insert(around: Surroundings, person: Person, request_id: str, sent: Sent, now: datetime) -> Response:
    """Put a template under what is written, with its places filled in."""
    text, chosen = one(sent, "texte"), one(sent, "modele")
    async with around.pool().acquire() as connection:
        request = await held_request(connection, person, Action.ANSWER_REQUESTS, request_id, now)
        templates = await offered(connection, request.holder_code, on=paris_day(now))
    template = next((each for each in templates if each.template_id == chosen), None)
    if template is None:
        error = "Choisissez un modèle dans la liste, puis « Insérer »."
        return await request_page(around, person, request_id, error=error, typed=text)
    text = joined(text, filled(template.text, filling(request, now)))
    fault = fault_of(text)
    if fault is not None:
        return await request_page(around, person, request_id, error=fault, typed=text)
    await keep_draft(around, person, request_id, text, one(sent, "etat"), now)
    return on_to(f"/espace/demandes/{request_id}?fait=modele#texte")


async def _preview(around: Surroundings, person: Person, request_id: str, sent: Sent, now: datetime) -> Response:
    text = one(sent, "texte")
    fault = fault_of(text)
    if fault is not None:
        return await request_page(around, person, request_id, error=fault, typed=text)
    await keep_draft(around, person, request_id, text, one(sent, "etat"), now)
    async with around.pool().acquire() as connection:
        request = await held_request(connection, person, Action.ANSWER_REQUESTS, request_id, now)
    spans = detect(text)
    return page(
        "desk/preview.html",
        person=person,
        request=request,
        text=text,
        pieces=pieces(text, spans),
        personal=list(dict.fromkeys(_KINDS[span.kind] for span in spans)),
        unfilled=[f"{{{name}}}" for name in PLACES if f"{{{name}}}" in text],
        nonce=one(sent, "nonce"),
        state=one(sent, "etat"),
    )


async def _send(around: Surroundings, person: Person, request_id: str, sent: Sent, now: datetime) -> Response:
    text = one(sent, "texte")
    fault = fault_of(text)
    if fault is not None:
        return await request_page(around, person, request_id, error=fault, typed=text)
    statement = statement_of(sent, Outcome.ANSWERED, now, answer=text)
    try:
        await say(around, person, request_id, statement, seen=one(sent, "etat"), now=now)
    except StateChanged:
        await keep_draft(around, person, request_id, text, one(sent, "etat"), now)
        return await conflict(around, person, request_id, text=text)
    except StatementChanged:
        return await conflict(around, person, request_id, text=text, sent_before=True)
    except Problem as problem:
        # the request went to another part of the tree meanwhile: who was writing knows of it, and keeps the words
        if problem.status != 404 or not await had_draft(around, person, request_id):  # noqa: PLR2004 - HTTP's own
            raise
        return await conflict(around, person, request_id, text=text, elsewhere=True)
    return on_to(f"/espace/demandes/{request_id}?fait=reponse")
