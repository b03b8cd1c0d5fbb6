"""Signing in and out: what is verified, what is kept, what the trail says."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from spplus_chassis import metrics
from spplus_chassis.database import Connection, Pool
from spplus_chassis.problem import Problem
from spplus_feedback import acts
from spplus_feedback.accounts import repository, throttle, tokens
from spplus_feedback.accounts.passwords import Passwords
from spplus_feedback.accounts.queries import Account, account_by_login
from spplus_feedback.accounts.repository import NewSession
from spplus_feedback.acts import Act, by_account


@dataclass(frozen=True, slots=True)
class SessionRules:
    """How sessions are kept."""

    secure: bool
    """Whether the cookie travels encrypted only."""
    idle: timedelta
    """After how long without a request a session ends."""
    longest: timedelta
    """After how long it ends, however busy."""


@dataclass(frozen=True, slots=True)
class Try:
    """What somebody sent to sign in."""

    login: str
    """In lower case."""
    password: str
    address: str
    """Where they are, as the network says; hashed before anything is kept."""


async def account_of(pool: Pool, passwords: Passwords, sent: Try, now: datetime) -> Account | None:
    """The account that this login and password open; none, in the same time, for whatever reason.

    Raises `Problem` 429 where it was tried too often.
    """
    async with pool.acquire() as connection:
        attempt = await throttle.count_attempt(connection, sent.login, sent.address, now)
        if not attempt.allowed:
            metrics.SIGN_INS.labels("throttled").inc()
            raise Problem(429, headers={"Retry-After": str(attempt.wait_seconds)})
        account = await account_by_login(connection, sent.login)
    usable = account if account is not None and _is_open(account, now) else None
    if not await passwords.verify(usable.password_hash if usable else None, sent.password):
        async with pool.acquire() as connection:
            await _record_failure(connection, account, now)
        metrics.SIGN_INS.labels("refused").inc()
        return None
    async with pool.acquire() as connection:
        await throttle.give_back(connection, attempt)
    if usable is not None and usable.password_hash and passwords.is_outdated(usable.password_hash):
        return await _strengthened(pool, usable, await passwords.hash(sent.password))
    return usable


async def open_session(
    connection: Connection,
    account: Account,
    rules: SessionRules,
    now: datetime,
    *,
    way: str,
    before: str | None = None,
    id_token: str | None = None,
) -> str:
    """Open a session, in place of the one that the browser had before, and return its token.

    Raises `Problem` 409 where the account was closed or has another password since it was looked up.
    """
    token, account_id = tokens.new_token(), account.account_id
    async with connection.transaction():
        if not await repository.is_unchanged(connection, account_id, account.password_hash):
            raise Problem(409)
        if before is not None:
            await repository.end_session(connection, tokens.hash_of(before))
        session = NewSession(
            tokens.hash_of(token), account_id, rules.secure, now, rules.idle, rules.longest, id_token=id_token
        )
        await repository.open_session(connection, session)
        act = Act(by_account(account_id), acts.Action.SIGNED_IN, now, subject=account_id, detail={"way": way})
        await acts.record(connection, act)
    metrics.SIGN_INS.labels("signed_in").inc()
    return token


async def _strengthened(pool: Pool, account: Account, password_hash: str) -> Account:
    """The account with a hash made as hashes are made now, unless its password was changed a moment ago."""
    async with pool.acquire() as connection:
        await repository.replace_hash(connection, account.account_id, account.password_hash, password_hash)
    return replace(account, password_hash=password_hash)


def _is_open(account: Account, now: datetime) -> bool:
    """Whether the account is in force, and its password was not handed over too long ago."""
    return account.closed_at is None and (account.temporary_until is None or account.temporary_until > now)


async def _record_failure(connection: Connection, account: Account | None, now: datetime) -> None:
    """A failed sign-in, by the account that was meant; what was typed is not kept, it may be a password."""
    subject = account.account_id if account else None
    await acts.record(connection, Act(acts.PLATFORM, acts.Action.SIGN_IN_FAILED, now, subject=subject))
