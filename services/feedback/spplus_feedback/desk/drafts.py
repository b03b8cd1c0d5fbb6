"""What agents are writing: one draft for each request and account. Colleagues see that there is one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from spplus_chassis.database import Connection

_SAVE: Final = """
INSERT INTO drafts (request_id, account_id, text, state, saved_at) VALUES ($1::uuid, $2::uuid, $3, $4, $5)
ON CONFLICT (request_id, account_id) DO UPDATE SET
    text = excluded.text, state = excluded.state, saved_at = excluded.saved_at
"""
_DRAFTS: Final = """
SELECT drafts.request_id::text, drafts.account_id::text, accounts.name, drafts.saved_at
FROM drafts INNER JOIN accounts USING (account_id)
WHERE drafts.request_id = ANY ($1::uuid[]) AND accounts.closed_at IS NULL
ORDER BY drafts.saved_at DESC
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """One's own draft."""

    text: str
    state: str
    """What had been said about the request when it was written, as in `taking.state_of`."""
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class Writer:
    """Somebody who has a draft; not what it says."""

    request_id: str
    account_id: str
    name: str
    saved_at: datetime


async def own_draft(connection: Connection, request_id: str, account_id: str) -> Draft | None:
    """What this account was writing."""
    row = await connection.fetchrow(
        "SELECT text, state, saved_at FROM drafts WHERE request_id = $1::uuid AND account_id = $2::uuid",
        request_id,
        account_id,
    )
    return None if row is None else Draft(**dict(row))


async def save_draft(connection: Connection, request_id: str, account_id: str, draft: Draft) -> None:
    """Keep a draft in the place of the one before; the caller holds the request's row, which is not withdrawn."""
    await connection.execute(_SAVE, request_id, account_id, draft.text, draft.state, draft.saved_at)


async def drop_draft(connection: Connection, request_id: str, account_id: str) -> None:
    """Forget a draft."""
    await connection.execute(
        "DELETE FROM drafts WHERE request_id = $1::uuid AND account_id = $2::uuid", request_id, account_id
    )


async def writers(connection: Connection, request_ids: Sequence[str]) -> dict[str, list[Writer]]:
    """Who has a draft, by request, the latest first."""
    found: dict[str, list[Writer]] = {}
    for row in await connection.fetch(_DRAFTS, list(request_ids)):
        found.setdefault(row["request_id"], []).append(Writer(**dict(row)))
    return found
