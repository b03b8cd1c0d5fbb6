"""Making an account in one's own part of the tree: by a password that is handed over, or an invitation."""

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from spplus_chassis.database import Pool
from spplus_chassis.outbox import new_id
from spplus_feedback.accounts import handlers
from spplus_feedback.accounts.account_pages import ACCOUNTS, account_page, is_whole
from spplus_feedback.accounts.choosing import Choice, chosen_structure
from spplus_feedback.accounts.handlers import AccountError, Doing
from spplus_feedback.accounts.passwords import Passwords, generated
from spplus_feedback.accounts.people import Clock, Person, checked_form, require
from spplus_feedback.accounts.queries import account_by_id
from spplus_feedback.accounts.reach import reach_of
from spplus_feedback.accounts.repository import NewAccount
from spplus_feedback.accounts.roles import Action, Grant, Role
from spplus_feedback.acts import by_account
from spplus_feedback.deadlines import paris_day
from spplus_feedback.screens import Page, page

_LONGEST: Final = 200
_TAKEN: Final = (
    "Cet identifiant est déjà pris. Si le compte n’est pas dans votre liste, adressez-vous à un administrateur "
    "de tous les services."
)
Values = dict[str, str]


def router(pool: Callable[[], Pool], passwords: Passwords, *, clock: Clock) -> APIRouter:
    """The route that makes an account."""
    routes = APIRouter(route_class=Page, include_in_schema=False)
    administrator = require(pool, Action.MANAGE_ACCOUNTS, clock=clock)

    @routes.post(ACCOUNTS)
    async def post_account(request: Request, person: Annotated[Person, Depends(administrator)]) -> Response:
        sent = {name: values[0].strip() for name, values in (await checked_form(request, person)).items()}
        now = clock()
        password = None if sent.get("way") == "provider" else generated()
        password_hash = None if password is None else await passwords.hash(password)
        async with pool().acquire() as connection, connection.transaction():
            reach = await reach_of(connection, person, Action.MANAGE_ACCOUNTS, on=paris_day(now))
            choice = await chosen_structure(connection, reach, sent.get("structure", ""))
            errors = _faults(sent, choice)
            if errors or choice.code is None:
                return _again(person, sent, errors, choice)
            account = NewAccount(
                new_id(),
                sent["login"].lower(),
                sent["name"],
                password_hash=password_hash,
                temporary_until=None if password is None else now + handlers.TEMPORARY,
                invited_until=None if password is not None else now + handlers.INVITED,
            )
            grant = Grant(Role(sent["role"]), choice.code)
            try:
                await handlers.create(connection, account, grant, Doing(by_account(person.account_id), now))
            except AccountError:
                return _again(person, sent, {"login": _TAKEN}, choice)
            made = await account_by_id(connection, account.account_id)
            if made is None:
                raise AccountError("an account that was made is not there")
            return await account_page(connection, person, reach, made, status=201, password=password)

    return routes


def _again(person: Person, sent: Values, errors: dict[str, str], choice: Choice) -> Response:
    return page(
        "people/account_new.html",
        status=422,
        person=person,
        values=sent,
        errors=errors,
        found=choice.found if choice.code is None else [],
        whole=is_whole(person),
    )


def _faults(sent: Values, choice: Choice) -> dict[str, str]:
    errors = {}
    name, login = sent.get("name", ""), sent.get("login", "")
    if not name or len(name) > _LONGEST or not name.isprintable():
        errors["name"] = "Écrivez le nom de la personne, comme ses collègues le lisent."
    if not login or len(login) > _LONGEST or login.split() != [login] or not login.isprintable():
        errors["login"] = "Écrivez un identifiant d’un seul mot, par exemple une adresse e-mail professionnelle."
    if sent.get("role") not in set(Role):
        errors["role"] = "Choisissez un rôle."
    if choice.code is None:
        errors["structure"] = (
            "Plusieurs services correspondent : choisissez le bon."
            if choice.found
            else "Aucun service de votre périmètre ne porte ce nom ou ce code."
        )
    return errors
