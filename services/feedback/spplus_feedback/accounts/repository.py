"""Writing accounts and sessions, inside the caller's transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from spplus_chassis.database import Connection
from spplus_feedback.accounts.roles import Grant


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to be."""

    account_id: str
    login: str
    """In lower case."""
    name: str
    password_hash: str | None = None
    temporary_until: datetime | None = None
    invited_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session to be."""

    session_hash: bytes
    account_id: str
    secure: bool
    opened_at: datetime
    idle: timedelta
    longest: timedelta
    id_token: str | None = None


async def create_account(connection: Connection, account: NewAccount, now: datetime) -> bool:
    """Keep a new account; false where the login is taken."""
    done = await connection.execute(
        "INSERT INTO accounts (account_id, login, name, password_hash, temporary_until, invited_until, created_at) "
        "VALUES ($1::uuid, $2, $3, $4, $5, $6, $7) ON CONFLICT (login) DO NOTHING",
        account.account_id,
        account.login,
        account.name,
        account.password_hash,
        account.temporary_until,
        account.invited_until,
        now,
    )
    return bool(done == "INSERT 0 1")


async def add_grant(connection: Connection, account_id: str, grant: Grant, now: datetime) -> bool:
    """Give a role in a part of the tree; false where it was given already."""
    done = await connection.execute(
        "INSERT INTO account_grants (account_id, role, structure_code, granted_at) "
        "VALUES ($1::uuid, $2, $3, $4) ON CONFLICT DO NOTHING",
        account_id,
        grant.role.value,
        grant.structure_code,
        now,
    )
    return bool(done == "INSERT 0 1")


async def remove_grant(connection: Connection, account_id: str, grant: Grant) -> bool:
    """Take a role back; false where it was not given."""
    done = await connection.execute(
        "DELETE FROM account_grants WHERE account_id = $1::uuid AND role = $2 AND structure_code = $3",
        account_id,
        grant.role.value,
        grant.structure_code,
    )
    return bool(done == "DELETE 1")


async def close_account(connection: Connection, account_id: str, now: datetime) -> bool:
    """Let nobody sign in by this account any more; false where it was closed already."""
    done = await connection.execute(
        "UPDATE accounts SET closed_at = $2, password_hash = NULL, temporary_until = NULL, invited_until = NULL "
        "WHERE account_id = $1::uuid AND closed_at IS NULL",
        account_id,
        now,
    )
    return bool(done == "UPDATE 1")


async def set_password(
    connection: Connection, account_id: str, password_hash: str, *, temporary_until: datetime | None = None
) -> None:
    """Replace the password of an account in force."""
    await connection.execute(
        "UPDATE accounts SET password_hash = $2, temporary_until = $3 "
        "WHERE account_id = $1::uuid AND closed_at IS NULL",
        account_id,
        password_hash,
        temporary_until,
    )


async def set_invitation(connection: Connection, account_id: str, until: datetime) -> None:
    """Let an account in force be taken up by the provider's person of the same name, until then."""
    await connection.execute(
        "UPDATE accounts SET invited_until = $2 WHERE account_id = $1::uuid AND closed_at IS NULL", account_id, until
    )


async def replace_hash(connection: Connection, account_id: str, old: str | None, new: str) -> None:
    """Replace the hash of a password that stays the same."""
    await connection.execute(
        "UPDATE accounts SET password_hash = $3 WHERE account_id = $1::uuid AND password_hash = $2",
        account_id,
        old,
        new,
    )


async def is_unchanged(connection: Connection, account_id: str, password_hash: str | None) -> bool:
    """Whether the account is open and has the password that was verified; it stays so until the transaction ends."""
    found = await connection.fetchval(
        "SELECT account_id FROM accounts WHERE account_id = $1::uuid AND closed_at IS NULL "
        "AND password_hash IS NOT DISTINCT FROM $2 FOR UPDATE",
        account_id,
        password_hash,
    )
    return found is not None


async def open_session(connection: Connection, session: NewSession) -> None:
    """Keep a new session and note on its account that somebody signed in."""
    await connection.execute(
        "INSERT INTO sessions "
        "(session_hash, account_id, secure, opened_at, seen_at, idle_seconds, expires_at, id_token) "
        "VALUES ($1, $2::uuid, $3, $4, $4, $5, $6, $7)",
        session.session_hash,
        session.account_id,
        session.secure,
        session.opened_at,
        int(session.idle.total_seconds()),
        session.opened_at + session.longest,
        session.id_token,
    )
    await connection.execute(
        "UPDATE accounts SET last_signed_in_at = $2 WHERE account_id = $1::uuid",
        session.account_id,
        session.opened_at,
    )


async def mark_seen(connection: Connection, session_hash: bytes, now: datetime) -> None:
    """Note that a session is in use."""
    await connection.execute("UPDATE sessions SET seen_at = $2 WHERE session_hash = $1", session_hash, now)


async def end_session(connection: Connection, session_hash: bytes) -> str | None:
    """End a session and return the provider's token, if it came from there."""
    token: str | None = await connection.fetchval(
        "DELETE FROM sessions WHERE session_hash = $1 RETURNING id_token", session_hash
    )
    return token


async def end_sessions(connection: Connection, account_id: str) -> None:
    """End all sessions of an account."""
    await connection.execute("DELETE FROM sessions WHERE account_id = $1::uuid", account_id)


async def forget_sessions(connection: Connection, now: datetime) -> None:
    """Delete the sessions that nobody can use any more."""
    await connection.execute(
        "DELETE FROM sessions WHERE expires_at <= $1 OR seen_at + idle_seconds * interval '1 second' <= $1", now
    )
