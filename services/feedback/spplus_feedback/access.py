"""API keys: who may do what, for which part of the tree. A key is shown once and only its hash is kept."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from fastapi import Request

from spplus_chassis.api_keys import bearer_key, hash_of, key_required, new_key
from spplus_chassis.database import Connection, Pool
from spplus_chassis.problem import Problem
from spplus_contracts import FeedbackSubmitted, FeedbackWithdrawn, SingleAnswer
from spplus_feedback import acts
from spplus_feedback.acts import Act, Action
from spplus_feedback.structures_queries import is_inside, structure_exists

WHOLE_SOURCE: Final = "*"
"""In place of a structure: no narrower than the source that the key speaks for."""

_USE: Final = """
SELECT
    id, name, scopes, structure_code, source,
    last_used_at < now() - interval '1 minute' OR last_used_at IS NULL AS stale
FROM api_keys WHERE key_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
"""
_CREATE: Final = """
INSERT INTO api_keys (name, key_hash, scopes, structure_code, source, expires_at)
VALUES ($1, $2, $3, $4, $5, $6) RETURNING id, created_at
"""
_LIST: Final = """
SELECT
    id, name, scopes, structure_code, source, created_at, last_used_at, expires_at, revoked_at, replaced_by,
    revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) AS in_force
FROM api_keys
"""
_REPLACED: Final = """
UPDATE api_keys SET replaced_by = $2, expires_at = least(expires_at, now() + $3::interval) WHERE id = $1
"""


class Scope(StrEnum):
    """What a key may do."""

    READ_REQUESTS = "requests:read"
    ANSWER_REQUESTS = "requests:answer"
    MODERATE_STORIES = "stories:moderate"
    SUBMIT_FEEDBACK = "events:feedback.submitted"
    SUBMIT_ANSWERS = "events:request.answered"
    SUBMIT_WITHDRAWALS = "events:feedback.withdrawn"


EVENT_SCOPES: Final = {
    FeedbackSubmitted.TYPE: Scope.SUBMIT_FEEDBACK,
    SingleAnswer.TYPE: Scope.SUBMIT_ANSWERS,
    FeedbackWithdrawn.TYPE: Scope.SUBMIT_WITHDRAWALS,
}
"""The scope that each type of event needs."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that was presented and holds."""

    id: int
    name: str
    scopes: frozenset[str]
    structure_code: str
    """Root of the part of the tree that the key is for, or `WHOLE_SOURCE`."""
    source: str | None = None
    """The system that the key speaks for, where it may submit events."""


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A key as the operator sees it."""

    id: int
    name: str
    scopes: Sequence[str]
    structure_code: str
    source: str | None
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    replaced_by: int | None
    """The key that takes its place."""
    in_force: bool


class BadKeyError(ValueError):
    """Such a key cannot be made; the message says why."""


class UnknownStructureError(BadKeyError):
    """A key was asked for a structure that was never declared."""


async def create_key(
    connection: Connection,
    *,
    name: str,
    scopes: Sequence[Scope],
    structure_code: str,
    source: str | None = None,
    expires_at: datetime | None = None,
    by: str = acts.OPERATOR,
) -> str:
    """Make a key and return it: the only time that it can be seen. Raises `BadKeyError`."""
    await _check(connection, frozenset(scopes), structure_code, source)
    values = (name, sorted({scope.value for scope in scopes}), structure_code, source, expires_at)
    async with connection.transaction():
        key, row = await _insert(connection, *values)
        await _trace(connection, Action.KEY_CREATED, row["id"], row["created_at"], by, {"source": source})
    return key


async def rotate_key(
    connection: Connection, key_id: int, *, overlap: timedelta, by: str = acts.OPERATOR
) -> tuple[int, str] | None:
    """Number and text of a key in the place of another, which stays in force for the overlap, both shown only now.

    The new one lives as long as the old one was meant to. None where there is no such key in force, or it was replaced.
    """
    async with connection.transaction():
        old = await connection.fetchrow(f"{_LIST} WHERE id = $1 FOR UPDATE", key_id)
        if old is None or not old["in_force"] or old["replaced_by"] is not None:
            return None
        now: datetime = await connection.fetchval("SELECT now()")
        expires_at = None if old["expires_at"] is None else now + (old["expires_at"] - old["created_at"])
        key, row = await _insert(
            connection, old["name"], old["scopes"], old["structure_code"], old["source"], expires_at
        )
        await connection.execute(_REPLACED, key_id, row["id"], overlap)
        detail = {"replaced_by": row["id"], "overlap_hours": round(overlap.total_seconds() / 3600, 2)}
        await _trace(connection, Action.KEY_ROTATED, key_id, now, by, detail)
    return row["id"], key


async def list_keys(connection: Connection) -> list[ListedKey]:
    """All keys, also those no longer in force, oldest first."""
    return [ListedKey(**dict(row)) for row in await connection.fetch(f"{_LIST} ORDER BY id")]


async def number_of(connection: Connection, key: str) -> int:
    """The number of a key that was just made."""
    number: int = await connection.fetchval("SELECT id FROM api_keys WHERE key_hash = $1", hash_of(key))
    return number


async def find_key(connection: Connection, key_id: int) -> ListedKey | None:
    """One key, in force or not."""
    row = await connection.fetchrow(f"{_LIST} WHERE id = $1", key_id)
    return None if row is None else ListedKey(**dict(row))


async def revoke_key(connection: Connection, key_id: int, *, by: str = acts.OPERATOR) -> bool:
    """Take a key back at once; false where there is no such key in force."""
    async with connection.transaction():
        at = await connection.fetchval(
            "UPDATE api_keys SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL RETURNING revoked_at", key_id
        )
        if at is not None:
            await _trace(connection, Action.KEY_REVOKED, key_id, at, by, {})
    return at is not None


async def use_key(connection: Connection, key: str) -> ApiKey | None:
    """The key, if it is in force. Its last use is kept to the minute."""
    row = await connection.fetchrow(_USE, hash_of(key))
    if row is None:
        return None
    if row["stale"]:
        await connection.execute("UPDATE api_keys SET last_used_at = now() WHERE id = $1", row["id"])
    return ApiKey(row["id"], row["name"], frozenset(row["scopes"]), row["structure_code"], row["source"])


async def presented_key(pool: Pool, request: Request) -> ApiKey:
    """The key of a request, which must be in force (401)."""
    key = bearer_key(request)
    async with pool.acquire() as connection:
        found = None if key is None else await use_key(connection, key)
    if found is None:
        raise key_required()
    return found


def require_key(pool: Callable[[], Pool], scope: Scope) -> Callable[[Request], Awaitable[ApiKey]]:
    """A FastAPI dependency: the key of the request, which must be in force (401) and hold the scope (403)."""

    async def holder(request: Request) -> ApiKey:
        found = await presented_key(pool(), request)
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


async def _check(connection: Connection, scopes: frozenset[Scope], structure_code: str, source: str | None) -> None:
    of_events = scopes & frozenset(EVENT_SCOPES.values())
    if not scopes:
        raise BadKeyError("a key needs a scope")
    if of_events and source is None:
        raise BadKeyError("a key that submits events needs the source that it speaks for")
    if source is not None and not of_events:
        raise BadKeyError("a key that speaks for a source needs a scope of events")
    if source is not None and not await connection.fetchval("SELECT active FROM sources WHERE code = $1", source):
        raise BadKeyError(f"no source {source} in force")
    if structure_code == WHOLE_SOURCE:
        if scopes != of_events:
            raise BadKeyError("only a key that does nothing but submit events may be for the whole of its source")
    elif not await structure_exists(connection, structure_code):
        raise UnknownStructureError(f"no structure {structure_code}")


async def _insert(connection: Connection, name: str, *values: object) -> tuple[str, Any]:
    key = new_key()
    return key, await connection.fetchrow(_CREATE, name, hash_of(key), *values)


async def _trace(
    connection: Connection, action: Action, key_id: int, at: datetime, by: str, detail: dict[str, object]
) -> None:
    await acts.record(connection, Act(actor=by, action=action, at=at, subject=str(key_id), detail=detail))
