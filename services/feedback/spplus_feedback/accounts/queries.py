"""Reading accounts, sessions and parts of the tree."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from spplus_chassis.database import Connection
from spplus_feedback.accounts.roles import Grant, Role

_GRANTS: Final = """
(SELECT coalesce(array_agg(ARRAY[role, structure_code] ORDER BY role, structure_code), '{}')
FROM account_grants WHERE account_grants.account_id = accounts.account_id) AS grants
"""
_SIGNED_IN: Final = f"""
SELECT
    account_id::text, name, temporary_until IS NOT NULL AND id_token IS NULL AS must_change,
    seen_at, opened_at, id_token, {_GRANTS}
FROM sessions JOIN accounts USING (account_id)
WHERE session_hash = $1 AND secure = $2 AND expires_at > $3
AND seen_at + idle_seconds * interval '1 second' > $3 AND closed_at IS NULL
"""  # noqa: S608 - no input
_ACCOUNT: Final = f"""
SELECT account_id::text, login, name, password_hash, temporary_until, invited_until, created_at, last_signed_in_at,
closed_at, EXISTS (SELECT FROM account_identities AS i WHERE i.account_id = accounts.account_id) AS linked, {_GRANTS}
FROM accounts
"""  # noqa: S608 - no input


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session in force, with its account."""

    account_id: str
    name: str
    must_change: bool
    """Whether the password is one that was handed over."""
    seen_at: datetime
    opened_at: datetime
    id_token: str | None
    grants: tuple[Grant, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """An account, as an administrator sees it."""

    account_id: str
    login: str
    name: str
    password_hash: str | None
    temporary_until: datetime | None
    invited_until: datetime | None
    created_at: datetime
    last_signed_in_at: datetime | None
    closed_at: datetime | None
    linked: bool
    """Whether the provider's person is known."""
    grants: tuple[Grant, ...]


async def signed_in(connection: Connection, session_hash: bytes, *, secure: bool, now: datetime) -> SignedIn | None:
    """Who is signed in by this session, if it is in force."""
    row = await connection.fetchrow(_SIGNED_IN, session_hash, secure, now)
    return None if row is None else SignedIn(**_with_grants(row))


async def account_by_login(connection: Connection, login: str) -> Account | None:
    """The account, open or closed, of a login in lower case."""
    row = await connection.fetchrow(f"{_ACCOUNT} WHERE login = $1", login)
    return None if row is None else Account(**_with_grants(row))


async def account_by_id(connection: Connection, account_id: str) -> Account | None:
    """The account, open or closed."""
    row = await connection.fetchrow(f"{_ACCOUNT} WHERE account_id = $1::uuid", account_id)
    return None if row is None else Account(**_with_grants(row))


async def accounts_within(
    connection: Connection, codes: Collection[str] | None, words: str, *, limit: int
) -> list[Account]:
    """Accounts with a role in one of these structures (none: all accounts) whose name or login holds the words."""
    rows = await connection.fetch(
        f"{_ACCOUNT} WHERE ($1::text[] IS NULL OR EXISTS (SELECT FROM account_grants AS held "
        "WHERE held.account_id = accounts.account_id AND held.structure_code = ANY ($1::text[]))) "
        "AND strpos(lower(name) || ' ' || login, lower($2)) > 0 "
        "ORDER BY closed_at IS NOT NULL, lower(name), login LIMIT $3",
        codes if codes is None else list(codes),
        words,
        limit,
    )
    return [Account(**_with_grants(row)) for row in rows]


async def accounts(connection: Connection) -> list[Account]:
    """All accounts, by name; those in force first."""
    rows = await connection.fetch(f"{_ACCOUNT} ORDER BY closed_at IS NOT NULL, name, login")
    return [Account(**_with_grants(row)) for row in rows]


def _with_grants(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a record of the driver
    grants = tuple(Grant(Role(role), code) for role, code in row["grants"])
    return {**dict(row), "grants": grants}
