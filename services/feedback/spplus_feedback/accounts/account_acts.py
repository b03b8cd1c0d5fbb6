"""What an administrator does with accounts of their own part of the tree; each act is in the trail."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from spplus_chassis.database import Connection, Pool
from spplus_chassis.problem import Problem
from spplus_feedback.accounts import handlers
from spplus_feedback.accounts.account_pages import ACCOUNTS, account_page
from spplus_feedback.accounts.choosing import chosen_structure
from spplus_feedback.accounts.handlers import AccountError, Doing
from spplus_feedback.accounts.passwords import Passwords, generated
from spplus_feedback.accounts.people import Clock, Person, checked_form, require
from spplus_feedback.accounts.queries import Account
from spplus_feedback.accounts.reach import Reach, reach_of, seen_account
from spplus_feedback.accounts.roles import Action, Grant, Role
from spplus_feedback.acts import by_account
from spplus_feedback.deadlines import paris_day
from spplus_feedback.screens import Page, on_to, page

_NO_ROLE: Final = "Choisissez un rôle."
_NO_PLACE: Final = "Aucun service de votre périmètre ne porte ce nom ou ce code."
_WHICH: Final = "Plusieurs services correspondent : choisissez le bon."


@dataclass(frozen=True, slots=True)
class _Desk:
    """One account before its administrator, within one transaction."""

    connection: Connection
    person: Person
    reach: Reach
    account: Account
    sent: dict[str, str]
    doing: Doing


@dataclass(frozen=True, slots=True)
class _Desks:
    """Where administrators and accounts meet."""

    pool: Callable[[], Pool]
    clock: Clock

    @asynccontextmanager
    async def open(self, request: Request, account_id: str, person: Person) -> AsyncIterator[_Desk]:
        """The account, where the person may see it and it is not closed, and the form that was sent about it."""
        sent = {name: values[0] for name, values in (await checked_form(request, person)).items()}
        now = self.clock()
        async with self.pool().acquire() as connection, connection.transaction():
            reach = await reach_of(connection, person, Action.MANAGE_ACCOUNTS, on=paris_day(now))
            account = await seen_account(connection, reach, account_id)
            if account.closed_at is not None:
                raise Problem(409)
            yield _Desk(connection, person, reach, account, sent, Doing(by_account(person.account_id), now))


def router(pool: Callable[[], Pool], passwords: Passwords, *, clock: Clock) -> APIRouter:
    """The routes that change an account."""
    routes = APIRouter(route_class=Page, include_in_schema=False)
    administrator = require(pool, Action.MANAGE_ACCOUNTS, clock=clock)

    desk = _Desks(pool, clock)

    @routes.post(f"{ACCOUNTS}/{{account_id}}/role")
    async def post_role(
        request: Request, account_id: str, person: Annotated[Person, Depends(administrator)]
    ) -> Response:
        async with desk.open(request, account_id, person) as at:
            return await _give(at)

    @routes.post(f"{ACCOUNTS}/{{account_id}}/role/retrait")
    async def post_role_back(
        request: Request, account_id: str, person: Annotated[Person, Depends(administrator)]
    ) -> Response:
        async with desk.open(request, account_id, person) as at:
            return await _take(at)

    @routes.post(f"{ACCOUNTS}/{{account_id}}/mot-de-passe")
    async def post_password(
        request: Request, account_id: str, person: Annotated[Person, Depends(administrator)]
    ) -> Response:
        password = generated()
        password_hash = await passwords.hash(password)
        async with desk.open(request, account_id, person) as at:
            _check_whole(at)
            await handlers.hand_over_password(
                at.connection, at.account.account_id, password_hash, at.doing, temporary=True
            )
            return await account_page(at.connection, person, at.reach, at.account, password=password)

    @routes.post(f"{ACCOUNTS}/{{account_id}}/invitation")
    async def post_invitation(
        request: Request, account_id: str, person: Annotated[Person, Depends(administrator)]
    ) -> Response:
        async with desk.open(request, account_id, person) as at:
            _check_whole(at)
            await handlers.invite(at.connection, at.account.account_id, at.doing)
        return on_to(f"{ACCOUNTS}/{account_id}")

    @routes.post(f"{ACCOUNTS}/{{account_id}}/fermeture")
    async def post_close(
        request: Request, account_id: str, person: Annotated[Person, Depends(administrator)]
    ) -> Response:
        async with desk.open(request, account_id, person) as at:
            _check_whole(at)
            if at.sent.get("confirme") != "oui":
                return page("people/account_close.html", person=person, account=at.account)
            await handlers.close(at.connection, at.account.account_id, at.doing)
        return on_to(ACCOUNTS)

    return routes


async def _give(at: _Desk) -> Response:
    typed, role = at.sent.get("structure", ""), at.sent.get("role", "")
    choice = await chosen_structure(at.connection, at.reach, typed)
    error = _fault(role, choice.code, choice.found)
    if error is not None or choice.code is None:
        return await account_page(
            at.connection,
            at.person,
            at.reach,
            at.account,
            status=422,
            error=error,
            typed=typed,
            role=role,
            found=choice.found,
        )
    await handlers.give(at.connection, at.account.account_id, Grant(Role(role), choice.code), at.doing)
    return on_to(f"{ACCOUNTS}/{at.account.account_id}")


async def _take(at: _Desk) -> Response:
    """Take a role back, in one's own part of the tree, and never the one by which one does so."""
    try:
        grant = Grant(Role(at.sent.get("role", "")), at.sent.get("structure", ""))
        if not at.reach.holds(grant.structure_code) or grant not in at.account.grants:
            raise Problem(404)
        if at.account.account_id == at.person.account_id and grant.role is Role.ADMINISTRATOR:
            raise Problem(403)
        await handlers.take(at.connection, at.account.account_id, grant, at.doing)
    except (ValueError, AccountError):
        raise Problem(404) from None
    return on_to(f"{ACCOUNTS}/{at.account.account_id}" if at.reach.codes is None else ACCOUNTS)


def _check_whole(at: _Desk) -> None:
    """Refuse (403) what touches the whole account where part of it is elsewhere, or is one's own."""
    if not at.reach.owns(at.account) or at.account.account_id == at.person.account_id:
        raise Problem(403)


def _fault(role: str, code: str | None, found: object) -> str | None:
    if role not in set(Role):
        return _NO_ROLE
    if code is None:
        return _WHICH if found else _NO_PLACE
    return None
