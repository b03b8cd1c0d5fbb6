"""Keys of those who may subscribe. A key is shown once and only its hash is kept."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from fastapi import Request

from spplus_chassis.api_keys import bearer_key, hash_of, key_required, new_key
from spplus_chassis.database import Connection, Pool
from spplus_chassis.problem import Problem
from spplus_notifier import structure_queries

_IN_FORCE: Final = "SELECT key_id, structure_code FROM webhook_keys WHERE revoked_at IS NULL AND "


@dataclass(frozen=True, slots=True)
class Subscriber:
    """The holder of a key in force."""

    key_id: int
    structure_code: str | None
    """Root of the part of the tree that it may ask for; none for all."""


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A key as the operator sees it."""

    key_id: int
    name: str
    structure_code: str | None
    has_contact: bool
    created_at: datetime
    revoked_at: datetime | None


async def create_key(
    connection: Connection, *, name: str, structure_code: str | None, sealed_contact: bytes | None = None
) -> str:
    """Make a key and return it: the only time that it can be seen. Its contact is told of disabled webhooks."""
    key = new_key()
    await connection.execute(
        "INSERT INTO webhook_keys (name, key_hash, structure_code, sealed_contact) VALUES ($1, $2, $3, $4)",
        name,
        hash_of(key),
        structure_code,
        sealed_contact,
    )
    return key


async def list_keys(connection: Connection) -> Sequence[ListedKey]:
    """All keys, oldest first."""
    rows = await connection.fetch(
        "SELECT key_id, name, structure_code, sealed_contact IS NOT NULL AS has_contact, created_at, revoked_at "
        "FROM webhook_keys ORDER BY key_id"
    )
    return [ListedKey(**dict(row)) for row in rows]


async def change_contact(connection: Connection, key_id: int, sealed_contact: bytes | None) -> bool:
    """Give a key another contact, or none; false where no such key is in force."""
    done = await connection.execute(
        "UPDATE webhook_keys SET sealed_contact = $2 WHERE key_id = $1 AND revoked_at IS NULL", key_id, sealed_contact
    )
    return bool(done == "UPDATE 1")


async def revoke_key(connection: Connection, key_id: int) -> bool:
    """Take a key back, and disable what was subscribed with it; false where no such key is in force."""
    async with connection.transaction():
        done = await connection.execute(
            "UPDATE webhook_keys SET revoked_at = now(), sealed_contact = NULL "
            "WHERE key_id = $1 AND revoked_at IS NULL",
            key_id,
        )
        await connection.execute(
            "UPDATE webhooks SET state = 'disabled', disabled_for = 'key_revoked', disabled_at = now() "
            "WHERE webhook_id IN (SELECT webhook_id FROM webhooks WHERE key_id = $1 ORDER BY webhook_id FOR UPDATE) "
            "AND state = 'active'",
            key_id,
        )
    return bool(done == "UPDATE 1")


async def by_id(pool: Pool, key_id: int) -> Subscriber | None:
    """The holder of a key, if that is in force."""
    row = await pool.fetchrow(_IN_FORCE + "key_id = $1", key_id)
    return None if row is None else Subscriber(row["key_id"], row["structure_code"])


def require_key(pool: Callable[[], Pool]) -> Callable[[Request], Awaitable[Subscriber]]:
    """A FastAPI dependency: the key of the request, which must be in force (401)."""

    async def holder(request: Request) -> Subscriber:
        key = bearer_key(request)
        row = None if key is None else await pool().fetchrow(_IN_FORCE + "key_hash = $1", hash_of(key))
        if row is None:
            raise key_required()
        return Subscriber(row["key_id"], row["structure_code"])

    return holder


async def check_part(pool: Pool, subscriber: Subscriber, structure_code: str | None, on: date) -> None:
    """Refuse (422) a structure that does not exist, (403) one outside the part of the tree that the key is for."""
    if structure_code is not None and await structure_queries.structure(pool, structure_code) is None:
        raise Problem(422, errors=[{"field": "structure_code", "message": "no such structure"}])
    root = subscriber.structure_code
    if root is None or structure_code == root:
        return
    above = [] if structure_code is None else await structure_queries.ancestors(pool, structure_code, on)
    if root not in {each.code for each in above}:
        raise Problem(403, "The key is for another part of the tree: name a structure of its own.")
