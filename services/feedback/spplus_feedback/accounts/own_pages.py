"""One's own account: what one may do, and another password. A password that was handed over is changed first."""

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from spplus_chassis.database import Pool
from spplus_chassis.problem import Problem
from spplus_feedback.accounts import tokens
from spplus_feedback.accounts.handlers import Doing, change_password
from spplus_feedback.accounts.password_rules import LEAST, weakness
from spplus_feedback.accounts.passwords import Passwords
from spplus_feedback.accounts.people import CHANGE_PASSWORD, Clock, Person, checked_form, require_person
from spplus_feedback.accounts.queries import Account, account_by_id
from spplus_feedback.accounts.roles import EVERYTHING, Grant
from spplus_feedback.accounts.sign_in_pages import address_of
from spplus_feedback.accounts.signing_in import SessionRules, Try, account_of, open_session
from spplus_feedback.acts import by_account
from spplus_feedback.screens import Page, on_to, page, trouble_words
from spplus_feedback.structures_queries import structures_of

OWN: Final = "/espace/mon-compte"
_WRONG: Final = "Ce n’est pas votre mot de passe actuel."
_DIFFERENT: Final = "Les deux saisies du nouveau mot de passe ne sont pas identiques."
_SAME: Final = "Choisissez un mot de passe différent de l’actuel."
Errors = dict[str, str]


def router(pool: Callable[[], Pool], passwords: Passwords, rules: SessionRules, *, clock: Clock) -> APIRouter:
    """The routes."""
    routes = APIRouter(route_class=Page, include_in_schema=False)
    signed = require_person(pool, clock=clock)
    changing = require_person(pool, clock=clock, changing_password=True)

    @routes.get(OWN)
    async def get_own(person: Annotated[Person, Depends(signed)]) -> Response:
        account = await _own(pool(), person)
        places = await _places(pool(), account.grants)
        return page("people/own.html", person=person, account=account, places=places)

    @routes.get(CHANGE_PASSWORD)
    async def get_change(person: Annotated[Person, Depends(changing)]) -> Response:
        return _form(person, await _own(pool(), person), {})

    @routes.post(CHANGE_PASSWORD)
    async def post_change(request: Request, person: Annotated[Person, Depends(changing)]) -> Response:
        sent = {name: values[0] for name, values in (await checked_form(request, person)).items()}
        account, now = await _own(pool(), person), clock()
        current, chosen = sent.get("current", ""), sent.get("chosen", "")
        errors = _faults(account, current, chosen, sent.get("again", ""))
        if errors:
            return _form(person, account, errors, status=422)
        tried = Try(account.login, current, address_of(request))
        try:
            found = await account_of(pool(), passwords, tried, now)
        except Problem as problem:
            return _form(person, account, {"current": trouble_words(problem.status)}, status=problem.status)
        if found is None or found.account_id != account.account_id:
            return _form(person, account, {"current": _WRONG}, status=422)
        password_hash = await passwords.hash(chosen)
        async with pool().acquire() as connection, connection.transaction():
            doing = Doing(by_account(account.account_id), now)
            await change_password(connection, account.account_id, password_hash, doing)
            fresh = await account_by_id(connection, account.account_id)
            token = await open_session(connection, fresh or found, rules, now, way="new_password")
        answer = on_to(OWN)
        tokens.give(answer, token, secure=rules.secure)
        return answer

    return routes


def _faults(account: Account, current: str, chosen: str, again: str) -> Errors:
    errors = {}
    if not current:
        errors["current"] = "Écrivez votre mot de passe actuel."
    weak = weakness(chosen, login=account.login, name=account.name)
    if weak is not None:
        errors["chosen"] = weak
    elif chosen == current:
        errors["chosen"] = _SAME
    elif chosen != again:
        errors["again"] = _DIFFERENT
    return errors


def _form(person: Person, account: Account, errors: Errors, *, status: int = 200) -> Response:
    return page(
        "people/password.html",
        status=status,
        person=person if account.temporary_until is None else None,
        csrf_word=person.csrf,
        account=account,
        errors=errors,
        least=LEAST,
    )


async def _own(pool: Pool, person: Person) -> Account:
    async with pool.acquire() as connection:
        account = await account_by_id(connection, person.account_id)
    if account is None or account.closed_at is not None:
        raise Problem(404)
    return account


async def _places(pool: Pool, grants: tuple[Grant, ...]) -> dict[str, str]:
    """The name of each part of the tree, by its root."""
    async with pool.acquire() as connection:
        known = await structures_of(connection, {grant.structure_code for grant in grants})
    names = {code: structure.public_name or structure.name for code, structure in known.items()}
    return {EVERYTHING: "Tous les services"} | names
