"""The signed-in person of a request. Rights are read with each request, so that what is taken back is gone at once."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from fastapi import Request

from spplus_chassis.database import Connection, Pool
from spplus_chassis.problem import Problem
from spplus_feedback.accounts import repository, tokens
from spplus_feedback.accounts.origin import check_origin
from spplus_feedback.accounts.queries import signed_in
from spplus_feedback.accounts.roles import EVERYTHING, Action, Grant, roots_of
from spplus_feedback.screens import sent_form
from spplus_feedback.structures_queries import any_inside, subtree

SIGN_IN: Final = "/connexion"
HOME: Final = "/espace"
CHANGE_PASSWORD: Final = "/espace/mot-de-passe"  # noqa: S105 - a path
_SEEN_TO_THE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in."""

    account_id: str
    name: str
    grants: tuple[Grant, ...]
    csrf: str
    """What each form of this session carries."""

    def may(self, action: Action) -> bool:
        """Whether they may do this anywhere."""
        return bool(self.roots(action))

    def roots(self, action: Action) -> frozenset[str]:
        """Where they may do this: roots of parts of the tree, or `EVERYTHING` alone."""
        return roots_of(self.grants, action)


Clock = Callable[[], datetime]
Signed = Callable[[Request], Awaitable[Person]]


def require(pool: Callable[[], Pool], action: Action, *, clock: Clock) -> Signed:
    """A FastAPI dependency: the person. Not signed in: on to the sign-in; without the right anywhere: 403."""
    person_of = require_person(pool, clock=clock)

    async def person(request: Request) -> Person:
        found = await person_of(request)
        if not found.may(action):
            raise Problem(403, "Your roles do not allow this.")
        return found

    return person


def require_person(pool: Callable[[], Pool], *, clock: Clock, changing_password: bool = False) -> Signed:
    """A FastAPI dependency: whoever is signed in. Who still has a password that was handed over changes it first."""

    async def person(request: Request) -> Person:
        given = tokens.presented(request)
        if given is None:
            raise _elsewhere(_way_in(request))
        now, session_hash = clock(), tokens.hash_of(given.token)
        async with pool().acquire() as connection:
            found = await signed_in(connection, session_hash, secure=given.secure, now=now)
            if found is None:
                raise _elsewhere(_way_in(request))
            if now - found.seen_at >= _SEEN_TO_THE:
                await repository.mark_seen(connection, session_hash, now)
        if found.must_change and not changing_password:
            raise _elsewhere(CHANGE_PASSWORD)
        return Person(found.account_id, found.name, found.grants, tokens.csrf_of(given.token))

    return person


async def check_person(
    connection: Connection, person: Person, action: Action, structure_codes: Collection[str], *, on: date
) -> None:
    """Refuse, as if it did not exist (404), what belongs to no structure in the person's part of the tree."""
    roots = person.roots(action)
    if EVERYTHING in roots or await any_inside(connection, structure_codes, roots, on=on):
        return
    raise Problem(404)


async def part_of(connection: Connection, person: Person, action: Action, *, on: date) -> list[str] | None:
    """Codes of the structures where the person may do this, in order; none for the whole tree."""
    roots = person.roots(action)
    if EVERYTHING in roots:
        return None
    return sorted(await subtree(connection, *roots, on=on))


async def checked_form(request: Request, person: Person) -> dict[str, list[str]]:
    """The fields of a form that this person's own page sent. Raises `Problem` 403 for any other, 422 for no form."""
    check_origin(request)
    sent = await sent_form(request)
    if not tokens.same(next(iter(sent.get("csrf", ())), ""), person.csrf):
        raise Problem(403, "The form was not made by a page of this session.")
    return sent


def _way_in(request: Request) -> str:
    """The sign-in, and back to where one was; what was only sent cannot be gone back to."""
    if request.method != "GET":
        return SIGN_IN
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"{SIGN_IN}?{urlencode({'suite': path})}"


def _elsewhere(path: str) -> Problem:
    return Problem(303, title="See other", headers={"Location": path})
