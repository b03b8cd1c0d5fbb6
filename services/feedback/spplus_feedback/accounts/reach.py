"""Which accounts an administrator sees, and which they may change: those of their own part of the tree.

An account is seen by who administers the place of one of its roles. A role is given or taken back where one
administers. What touches the whole account, a new password or its end, needs all of its roles to be there: else the
administrator of a town hall could take over a colleague who also holds the prefecture.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from spplus_chassis.database import Connection
from spplus_chassis.problem import Problem
from spplus_feedback.accounts.people import Person, part_of
from spplus_feedback.accounts.queries import Account, account_by_id
from spplus_feedback.accounts.roles import EVERYTHING, Action


@dataclass(frozen=True, slots=True)
class Reach:
    """The part of the tree that somebody administers."""

    codes: frozenset[str] | None
    """Codes of its structures; none for the whole tree."""

    def holds(self, structure_code: str) -> bool:
        """Whether a place of a role lies within."""
        return self.codes is None or structure_code in self.codes

    def sees(self, account: Account) -> bool:
        """Whether the account has a role within; one without any role is seen by who administers the whole tree."""
        return self.codes is None or any(self.holds(grant.structure_code) for grant in account.grants)

    def owns(self, account: Account) -> bool:
        """Whether all of the account's roles lie within."""
        return self.sees(account) and all(self.holds(grant.structure_code) for grant in account.grants)

    def listed(self) -> Collection[str] | None:
        """The codes, for a query."""
        return None if self.codes is None else sorted(self.codes)


async def reach_of(connection: Connection, person: Person, action: Action, *, on: date) -> Reach:
    """The part of the tree where somebody may do this. `EVERYTHING` lies within the whole tree only."""
    codes = await part_of(connection, person, action, on=on)
    return Reach(None if codes is None else frozenset(codes) - {EVERYTHING})


async def seen_account(connection: Connection, reach: Reach, account_id: str) -> Account:
    """The account. Raises `Problem` 404 where there is none, or none that may be seen."""
    try:
        account = await account_by_id(connection, str(UUID(account_id)))
    except ValueError:
        account = None
    if account is None or not reach.sees(account):
        raise Problem(404)
    return account
