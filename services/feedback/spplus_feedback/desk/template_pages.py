"""Reply templates: an agent writes, changes and deletes those of his part of the tree."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from spplus_chassis.database import Connection
from spplus_chassis.problem import Problem
from spplus_feedback.accounts.people import Person, check_person, checked_form, part_of, require
from spplus_feedback.accounts.roles import EVERYTHING, Action
from spplus_feedback.acts import by_account
from spplus_feedback.deadlines import paris_day
from spplus_feedback.desk.parts import named
from spplus_feedback.desk.replies import LONGEST_NAME, PLACES, fault_of, unknown_places
from spplus_feedback.desk.reply_templates import (
    NameTaken,
    ReplyTemplate,
    TemplateChanged,
    editable,
    remove_template,
    save_template,
    template,
)
from spplus_feedback.desk.surroundings import Sent, Surroundings, one
from spplus_feedback.screens import Page, on_to, page

_HERE: Final = "/espace/modeles"
_MOST_PARTS: Final = 200
_WHOLE: Final = (EVERYTHING, "Tous les services")
_DONE: Final = {"enregistre": "Le modèle est enregistré.", "supprime": "Le modèle est supprimé."}
_NO_NAME: Final = "Donnez un nom au modèle."
_NAME_TAKEN: Final = "Un modèle porte déjà ce nom pour ce service."
_CHANGED: Final = "Quelqu’un d’autre a changé ce modèle entre-temps. Rechargez la page pour lire sa version."
_NO_PART: Final = "Choisissez un service dans la liste."


def router(around: Surroundings) -> APIRouter:
    """The routes."""
    routes = APIRouter(route_class=Page, include_in_schema=False)
    editor = Depends(require(around.pool, Action.EDIT_TEMPLATES, clock=around.clock))

    @routes.get(_HERE)
    async def get_templates(request: Request, person: Annotated[Person, editor]) -> Response:
        async with around.pool().acquire() as connection:
            part = await part_of(connection, person, Action.EDIT_TEMPLATES, on=paris_day(around.clock()))
            found = await editable(connection, part)
        done = _DONE.get(request.query_params.get("fait", ""))
        return page("desk/templates.html", person=person, templates=found, done=done, whole=EVERYTHING)

    @routes.get(_HERE + "/nouveau")
    async def get_new(person: Annotated[Person, editor]) -> Response:
        async with around.pool().acquire() as connection:
            return await _form(connection, person, ReplyTemplate(str(uuid.uuid4()), "", "", "", 0))

    @routes.get(_HERE + "/{template_id}")
    async def get_template(template_id: UUID, person: Annotated[Person, editor]) -> Response:
        async with around.pool().acquire() as connection:
            found = await _in_part(connection, person, str(template_id), around.clock())
            return await _form(connection, person, found)

    @routes.post(_HERE + "/{template_id}")
    async def post_template(template_id: UUID, request: Request, person: Annotated[Person, editor]) -> Response:
        sent = await checked_form(request, person)
        async with around.pool().acquire() as connection:
            return await _save(connection, person, str(template_id), sent, around.clock())

    @routes.post(_HERE + "/{template_id}/suppression")
    async def post_removal(template_id: UUID, request: Request, person: Annotated[Person, editor]) -> Response:
        sent, now = await checked_form(request, person), around.clock()
        async with around.pool().acquire() as connection, connection.transaction():
            found = await _in_part(connection, person, str(template_id), now)
            if one(sent, "confirme") != "oui":
                return page("desk/template_removal.html", person=person, reply=found)
            await remove_template(connection, found.template_id, actor=by_account(person.account_id), now=now)
        return on_to(f"{_HERE}?fait=supprime")

    return routes


async def _save(connection: Connection, person: Person, template_id: str, sent: Sent, now: datetime) -> Response:
    stored = await template(connection, template_id)
    version = one(sent, "version")
    wanted = ReplyTemplate(
        template_id,
        stored.structure_code if stored else one(sent, "structure"),
        one(sent, "nom").strip(),
        one(sent, "texte"),
        int(version) if version.isdecimal() and len(version) < 9 else 0,  # noqa: PLR2004 - a 32-bit number
    )
    errors = _errors(wanted)
    if stored is None and wanted.structure_code not in dict(await _choices(connection, person)):
        errors["structure"] = _NO_PART
    else:
        await _check(connection, person, wanted.structure_code, now)
    if not errors:
        try:
            async with connection.transaction():
                await save_template(connection, wanted, actor=by_account(person.account_id), now=now)
            return on_to(f"{_HERE}?fait=enregistre")
        except NameTaken:
            errors["nom"] = _NAME_TAKEN
        except TemplateChanged:
            errors["texte"] = _CHANGED
    return await _form(connection, person, wanted, errors)


def _errors(wanted: ReplyTemplate) -> dict[str, str]:
    errors = {}
    fault = _NO_NAME if not wanted.name else fault_of(wanted.name, longest=LONGEST_NAME)
    if fault is not None:
        errors["nom"] = fault
    fault, strange = fault_of(wanted.text), unknown_places(wanted.text)
    if fault is None and strange:
        fault = f"Ces champs n’existent pas : {', '.join(f'{{{name}}}' for name in strange)}."
    if fault is not None:
        errors["texte"] = fault
    return errors


async def _check(connection: Connection, person: Person, code: str, now: datetime) -> None:
    if code == EVERYTHING and EVERYTHING not in person.roots(Action.EDIT_TEMPLATES):
        raise Problem(404)
    await check_person(connection, person, Action.EDIT_TEMPLATES, [code], on=paris_day(now))


async def _in_part(connection: Connection, person: Person, template_id: str, now: datetime) -> ReplyTemplate:
    found = await template(connection, template_id)
    if found is None:
        raise Problem(404)
    await _check(connection, person, found.structure_code, now)
    return found


async def _choices(connection: Connection, person: Person) -> list[tuple[str, str]]:
    """The parts of the tree that a new template can be for."""
    roots = person.roots(Action.EDIT_TEMPLATES)
    return [_WHOLE] if EVERYTHING in roots else await named(connection, sorted(roots), most=_MOST_PARTS)


async def _form(
    connection: Connection, person: Person, shown: ReplyTemplate, errors: dict[str, str] | None = None
) -> Response:
    values: dict[str, Any] = {"person": person, "reply": shown, "errors": errors or {}, "places": PLACES}
    return page(
        "desk/template.html",
        status=422 if errors else 200,
        choices=await _choices(connection, person),
        longest_name=LONGEST_NAME,
        whole=EVERYTHING,
        **values,
    )
