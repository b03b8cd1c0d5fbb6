"""Which account a person of the provider is. Nobody becomes somebody here without an administrator's invitation."""

from datetime import datetime
from typing import Final

from spplus_chassis.database import Connection
from spplus_feedback import acts
from spplus_feedback.accounts.oidc import Identity
from spplus_feedback.accounts.queries import Account, account_by_id
from spplus_feedback.acts import Act, by_account

_LINKED: Final = """
SELECT account_id::text FROM account_identities JOIN accounts USING (account_id)
WHERE issuer = $1 AND subject = $2 AND closed_at IS NULL
"""
_INVITED: Final = """
SELECT account_id::text FROM accounts
WHERE login = $1 AND invited_until > $2 AND closed_at IS NULL
AND NOT EXISTS (SELECT FROM account_identities AS i WHERE i.account_id = accounts.account_id AND i.issuer = $3)
AND NOT EXISTS (SELECT FROM account_identities WHERE issuer = $3 AND subject = $4)
FOR UPDATE
"""


async def account_of_identity(connection: Connection, identity: Identity, now: datetime) -> Account | None:
    """The account of a person of the provider; an invitation for their verified address is used up, once."""
    async with connection.transaction():
        account_id: str | None = await connection.fetchval(_LINKED, identity.issuer, identity.subject)
        if account_id is None and identity.email is not None:
            account_id = await connection.fetchval(_INVITED, identity.email, now, identity.issuer, identity.subject)
            if account_id is not None:
                await _link(connection, identity, account_id, now)
        if account_id is None:
            act = Act(acts.PLATFORM, acts.Action.SIGN_IN_FAILED, now, detail={"way": "provider"})
            await acts.record(connection, act)
            return None
        return await account_by_id(connection, account_id)


async def _link(connection: Connection, identity: Identity, account_id: str, now: datetime) -> None:
    await connection.execute(
        "INSERT INTO account_identities (issuer, subject, account_id, linked_at) VALUES ($1, $2, $3::uuid, $4)",
        identity.issuer,
        identity.subject,
        account_id,
        now,
    )
    await connection.execute("UPDATE accounts SET invited_until = NULL WHERE account_id = $1::uuid", account_id)
    act = Act(by_account(account_id), acts.Action.ACCOUNT_CHANGED, now, subject=account_id, detail={"change": "linked"})
    await acts.record(connection, act)
