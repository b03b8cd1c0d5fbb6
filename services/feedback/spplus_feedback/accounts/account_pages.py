"""Accounts of one's part of the tree: who may sign in, and what for. Who is outside does not exist here."""

from collections.abc import Callable, Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from spplus_chassis.database import Connection, Pool
from spplus_feedback.accounts.people import Clock, Person, require
from spplus_feedback.accounts.queries import Account, accounts_within
from spplus_feedback.accounts.reach import Reach, reach_of, seen_account
from spplus_feedback.accounts.roles import EVERYTHING, Action
from spplus_feedback.deadlines import paris_day
from spplus_feedback.screens import Page, page
from spplus_feedback.structures_queries import structures_of

ACCOUNTS: Final = "/espace/comptes"
_MOST: Final = 200


def router(pool: Callable[[], Pool], *, clock: Clock) -> APIRouter:
    """The routes that only show."""
    routes = APIRouter(route_class=Page, include_in_schema=False)
    administrator = require(pool, Action.MANAGE_ACCOUNTS, clock=clock)

    @routes.get(ACCOUNTS)
    async def get_accounts(person: Annotated[Person, Depends(administrator)], q: str = "") -> Response:
        words = q.replace("\x00", "").strip()
        async with pool().acquire() as connection:
            reach = await reach_of(connection, person, Action.MANAGE_ACCOUNTS, on=paris_day(clock()))
            found = await accounts_within(connection, reach.listed(), words, limit=_MOST + 1)
            places = await place_names(connection, found)
        return page(
            "people/accounts.html",
            person=person,
            accounts=found[:_MOST],
            more=len(found) > _MOST,
            places=places,
            reach=reach,
            q=words,
        )

    @routes.get(f"{ACCOUNTS}/nouveau")
    async def get_new(person: Annotated[Person, Depends(administrator)]) -> Response:
        return page("people/account_new.html", person=person, values={}, errors={}, found=[], whole=is_whole(person))

    @routes.get(f"{ACCOUNTS}/{{account_id}}")
    async def get_account(account_id: str, person: Annotated[Person, Depends(administrator)]) -> Response:
        async with pool().acquire() as connection:
            reach = await reach_of(connection, person, Action.MANAGE_ACCOUNTS, on=paris_day(clock()))
            account = await seen_account(connection, reach, account_id)
            return await account_page(connection, person, reach, account)

    return routes


def is_whole(person: Person) -> bool:
    """Whether somebody administers the whole tree."""
    return EVERYTHING in person.roots(Action.MANAGE_ACCOUNTS)


async def place_names(connection: Connection, accounts: Sequence[Account]) -> dict[str, str]:
    """The name of each part of the tree that is granted, by its root."""
    codes = {grant.structure_code for account in accounts for grant in account.grants}
    known = await structures_of(connection, codes)
    names = {code: structure.public_name or structure.name for code, structure in known.items()}
    return {EVERYTHING: "Tous les services"} | names


async def account_page(
    connection: Connection,
    person: Person,
    reach: Reach,
    account: Account,
    *,
    status: int = 200,
    error: str | None = None,
    typed: str = "",
    role: str = "",
    found: Sequence[tuple[str, str]] = (),
    password: str | None = None,
) -> Response:
    """One account, and what may be done with it."""
    return page(
        "people/account.html",
        status=status,
        person=person,
        account=account,
        places=await place_names(connection, [account]),
        reach=reach,
        whole=is_whole(person),
        is_self=account.account_id == person.account_id,
        error=error,
        typed=typed,
        role=role,
        found=list(found),
        password=password,
    )
