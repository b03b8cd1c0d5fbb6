"""Accounts with a password, and the form of the sign-in as a browser without JavaScript sends it."""

import re
import uuid
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg
import httpx

from spplus_feedback.accounts.handlers import Doing, create
from spplus_feedback.accounts.passwords import Passwords
from spplus_feedback.accounts.repository import NewAccount
from spplus_feedback.acts import PLATFORM

PASSWORD = "quatre mots bien choisis"


@asynccontextmanager
async def browsing(door):
    """A browser of its own at the door, which thinks that the way is encrypted."""
    transport = httpx.ASGITransport(app=door.service.app)
    async with httpx.AsyncClient(transport=transport, base_url="https://door") as client:
        yield client


async def on_database(door, work):
    connection = await asyncpg.connect(door.dsn)
    try:
        async with connection.transaction():
            return await work(connection)
    finally:
        await connection.close()


def doing():
    return Doing(PLATFORM, datetime.now(UTC))


async def an_account(door, *, grant=None, **more):
    account = NewAccount(
        str(uuid.uuid4()),
        f"{uuid.uuid4().hex[:12]}@essai.example",
        "Camille Essai",
        **{"password_hash": Passwords().hash_now(PASSWORD), **more},
    )
    await on_database(door, lambda connection: create(connection, account, grant, doing()))
    return account


async def form_of(browser, path="/connexion"):
    """The hidden fields of the sign-in form."""
    page = await browser.get(path)
    assert page.status_code == 200, page.text
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))


async def signing_in(browser, login, password=PASSWORD, **more):
    form = await form_of(browser)
    return await browser.post("/connexion", data=form | {"login": login, "password": password} | more)
