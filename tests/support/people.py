"""Somebody who is signed in, without the pages of the sign-in: an account, a role, a session."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx

from spplus_feedback.accounts import tokens
from spplus_feedback.accounts.handlers import Doing, create
from spplus_feedback.accounts.queries import account_by_id
from spplus_feedback.accounts.repository import NewAccount
from spplus_feedback.accounts.roles import Grant, Role
from spplus_feedback.accounts.signing_in import SessionRules, open_session
from spplus_feedback.acts import PLATFORM

RULES = SessionRules(secure=True, idle=timedelta(hours=1), longest=timedelta(hours=12))
COOKIE = "__Host-spplus_session"


@dataclass
class SignedIn:
    """A browser of somebody who is signed in."""

    http: httpx.AsyncClient
    account_id: str
    csrf: str
    cookie: dict[str, str]
    """For a real browser: `context.add_cookies([{**person.cookie, "url": address}])`, the address with https."""

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.http.get(path, headers=self.headers, **more)

    async def post(self, path: str, **fields: Any) -> httpx.Response:
        """Send a form as the person's own page does."""
        return await self.http.post(path, data={"csrf": self.csrf} | fields, headers=self.headers)

    @property
    def headers(self) -> dict[str, str]:
        """What makes any request one of this person."""
        return {"Cookie": f"{self.cookie['name']}={self.cookie['value']}"}


async def sign_in(
    http: httpx.AsyncClient,
    dsn: str,
    role: Role | str | None,
    structure_code: str,
    *more: tuple[Role | str, str],
    name: str = "Camille Essai",
) -> SignedIn:
    """Make an account with a role in a part of the tree (`*` is the whole; more pairs for more roles), signed in."""
    now = datetime.now(UTC)
    account_id = str(uuid.uuid4())
    pairs = [(role, structure_code)] if role is not None else []
    async with _connected(dsn) as connection:
        account = NewAccount(account_id, f"{account_id}@essai.example", name)
        await create(connection, account, None, Doing(PLATFORM, now))
        for each, code in [*pairs, *more]:
            await connection.execute(
                "INSERT INTO account_grants VALUES ($1::uuid, $2, $3, $4)", account_id, Role(each).value, code, now
            )
        made = await account_by_id(connection, account_id)
        assert made is not None
        token = await open_session(connection, made, RULES, now, way="password")
    cookie = {"name": COOKIE, "value": token}
    return SignedIn(http, account_id, tokens.csrf_of(token), cookie)


def grants_of(*pairs: tuple[str, str]) -> tuple[Grant, ...]:
    """Grants by their words."""
    return tuple(Grant(Role(role), code) for role, code in pairs)


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()
