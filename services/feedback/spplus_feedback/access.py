"""API keys: who may do what, for which part of the tree. A key is shown once and only its hash is kept."""

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from fastapi import Request

from spplus_chassis.database import Connection, Pool
from spplus_chassis.problem import Problem
from spplus_feedback.structures_queries import is_inside, structure_exists

_PREFIX: Final = "spplus_"
_KEY_BYTES: Final = 32
_USE: Final = """
SELECT id, name, scopes, structure_code, last_used_at < now() - interval '1 minute' OR last_used_at IS NULL AS stale
FROM api_keys WHERE key_hash = $1 AND revoked_at IS NULL
"""


class Scope(StrEnum):
    """What a key may do."""

    READ_REQUESTS = "requests:read"
    ANSWER_REQUESTS = "requests:answer"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that was presented and holds."""

    id: int
    name: str
    scopes: frozenset[str]
    structure_code: str
    """Root of the part of the tree that the key is for."""


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A key as the operator sees it."""

    id: int
    name: str
    scopes: Sequence[str]
    structure_code: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class UnknownStructureError(ValueError):
    """A key was asked for a structure that was never declared."""


def hash_of(key: str) -> bytes:
    """What the database holds. The key is 256 random bits, so a plain hash cannot be guessed back."""
    return hashlib.sha256(key.encode()).digest()


async def create_key(connection: Connection, *, name: str, scopes: Sequence[Scope], structure_code: str) -> str:
    """Make a key and return it: the only time that it can be seen. Raises `UnknownStructureError`."""
    if not await structure_exists(connection, structure_code):
        raise UnknownStructureError(f"no structure {structure_code}")
    key = _PREFIX + secrets.token_urlsafe(_KEY_BYTES)
    await connection.execute(
        "INSERT INTO api_keys (name, key_hash, scopes, structure_code) VALUES ($1, $2, $3, $4)",
        name,
        hash_of(key),
        sorted({scope.value for scope in scopes}),
        structure_code,
    )
    return key


async def list_keys(connection: Connection) -> list[ListedKey]:
    """All keys, also revoked ones, oldest first."""
    rows = await connection.fetch(
        "SELECT id, name, scopes, structure_code, created_at, last_used_at, revoked_at FROM api_keys ORDER BY id"
    )
    return [ListedKey(**dict(row)) for row in rows]


async def revoke_key(connection: Connection, key_id: int) -> bool:
    """Take a key back at once; false where there is no such key in force."""
    done = await connection.execute(
        "UPDATE api_keys SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL", key_id
    )
    return bool(done == "UPDATE 1")


async def use_key(connection: Connection, key: str) -> ApiKey | None:
    """The key, if it is in force. Its last use is kept to the minute."""
    row = await connection.fetchrow(_USE, hash_of(key))
    if row is None:
        return None
    if row["stale"]:
        await connection.execute("UPDATE api_keys SET last_used_at = now() WHERE id = $1", row["id"])
    return ApiKey(row["id"], row["name"], frozenset(row["scopes"]), row["structure_code"])


def require_key(pool: Callable[[], Pool], scope: Scope) -> Callable[[Request], Awaitable[ApiKey]]:
    """A FastAPI dependency: the key of the request, which must be in force (401) and hold the scope (403)."""

    async def holder(request: Request) -> ApiKey:
        kind, _, key = request.headers.get("authorization", "").partition(" ")
        async with pool().acquire() as connection:
            found = await use_key(connection, key.strip()) if kind.lower() == "bearer" and key else None
        if found is None:
            raise Problem(
                status=401,
                title="API key required",
                detail="Send a key in force as 'Authorization: Bearer <key>'.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        if scope.value not in found.scopes:
            raise Problem(status=403, title="Not allowed", detail=f"This key lacks the scope {scope.value}.")
        return found

    return holder


async def check_part(connection: Connection, key: ApiKey, structure_code: str, *, on: date) -> None:
    """Refuse (403) a structure outside the part of the tree that the key is for."""
    if not await is_inside(connection, structure_code, key.structure_code, on=on):
        raise Problem(
            status=403,
            title="Not allowed",
            detail="This structure is outside the part of the tree that the key is for.",
        )
