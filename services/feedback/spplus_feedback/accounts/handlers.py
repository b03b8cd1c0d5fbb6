"""What happens to accounts, each with its line in the audit trail, inside the caller's transaction.

Whoever loses or gains a right, or has a new password, signs in again: no session outlives what it was opened for.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from spplus_chassis.database import Connection
from spplus_feedback import acts
from spplus_feedback.accounts import repository
from spplus_feedback.accounts.repository import NewAccount
from spplus_feedback.accounts.roles import EVERYTHING, Grant
from spplus_feedback.acts import Act
from spplus_feedback.structures_queries import structure_exists

TEMPORARY: Final = timedelta(days=7)
"""How long a password that was handed over opens the page to change it."""
INVITED: Final = timedelta(days=14)
"""How long an invitation to sign in by the provider holds."""


class AccountError(ValueError):
    """What was asked of an account cannot be; the message says why, without naming anybody."""


@dataclass(frozen=True, slots=True)
class Doing:
    """Who changes an account, and when."""

    actor: str
    now: datetime


async def create(connection: Connection, account: NewAccount, grant: Grant | None, doing: Doing) -> None:
    """Make an account, with its first role. Raises `AccountError`."""
    if not await repository.create_account(connection, account, doing.now):
        raise AccountError("this login is taken")
    way = "provider" if account.password_hash is None else "password"
    await _record(connection, acts.Action.ACCOUNT_CREATED, account.account_id, doing, way=way)
    if grant is not None:
        await give(connection, account.account_id, grant, doing)


async def give(connection: Connection, account_id: str, grant: Grant, doing: Doing) -> None:
    """Give a role in a part of the tree. Raises `AccountError`."""
    if grant.structure_code != EVERYTHING and not await structure_exists(connection, grant.structure_code):
        raise AccountError(f"no structure {grant.structure_code}")
    if await repository.add_grant(connection, account_id, grant, doing.now):
        await repository.end_sessions(connection, account_id)
        await _record(connection, acts.Action.ACCOUNT_CHANGED, account_id, doing, **_words("given", grant))


async def take(connection: Connection, account_id: str, grant: Grant, doing: Doing) -> None:
    """Take a role back. Raises `AccountError`."""
    if not await repository.remove_grant(connection, account_id, grant):
        raise AccountError("this role was not given there")
    await repository.end_sessions(connection, account_id)
    await _record(connection, acts.Action.ACCOUNT_CHANGED, account_id, doing, **_words("taken", grant))


async def close(connection: Connection, account_id: str, doing: Doing) -> None:
    """Close an account for good. Raises `AccountError`."""
    if not await repository.close_account(connection, account_id, doing.now):
        raise AccountError("this account is closed already")
    await repository.end_sessions(connection, account_id)
    await _record(connection, acts.Action.ACCOUNT_CLOSED, account_id, doing)


async def hand_over_password(
    connection: Connection, account_id: str, password_hash: str, doing: Doing, *, temporary: bool
) -> None:
    """Replace a password by one that its owner is told, and must change if `temporary`."""
    until = doing.now + TEMPORARY if temporary else None
    await repository.set_password(connection, account_id, password_hash, temporary_until=until)
    await repository.end_sessions(connection, account_id)
    await _record(connection, acts.Action.ACCOUNT_CHANGED, account_id, doing, change="password_reset")


async def invite(connection: Connection, account_id: str, doing: Doing) -> None:
    """Let the provider's person with this login become this account, for a while."""
    await repository.set_invitation(connection, account_id, doing.now + INVITED)
    await _record(connection, acts.Action.ACCOUNT_CHANGED, account_id, doing, change="invited")


async def change_password(connection: Connection, account_id: str, password_hash: str, doing: Doing) -> None:
    """Replace a password by the one that its owner chose."""
    await repository.set_password(connection, account_id, password_hash)
    await repository.end_sessions(connection, account_id)
    await _record(connection, acts.Action.ACCOUNT_CHANGED, account_id, doing, change="password_changed")


def _words(change: str, grant: Grant) -> dict[str, str]:
    return {"change": change, "role": grant.role.value, "structure": grant.structure_code}


async def _record(connection: Connection, action: acts.Action, account_id: str, doing: Doing, **detail: str) -> None:
    await acts.record(connection, Act(doing.actor, action, doing.now, subject=account_id, detail=detail))
