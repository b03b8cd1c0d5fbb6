"""Writing stories, statements and keys. Every function runs inside the caller's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from spplus_chassis.database import Connection
from spplus_chassis.sql_values import json_rows
from spplus_contracts.vocabulary import Outcome
from spplus_feedback.standing import Said, Standing, Status

_INSERT_FEEDBACKS: Final = """
INSERT INTO feedbacks (
    feedback_id, code_hash, author, proposal, title, story, suggestion, submitted_at, accepted_at,
    moderation, moderated_at, public_title, public_story, public_suggestion, held_at, held_for,
    dimensions, department, country
)
SELECT
    feedback_id, code_hash, author, proposal, title, story, suggestion, submitted_at, accepted_at,
    moderation, moderated_at, public_title, public_story, public_suggestion, held_at, held_for,
    dimensions, department, country
FROM jsonb_populate_recordset(NULL::feedbacks, $1::jsonb)
ON CONFLICT (feedback_id) DO NOTHING
RETURNING feedback_id::text
"""
_INSERT_REQUESTS: Final = """
INSERT INTO requests (
    request_id, feedback_id, position, structure_code, channels, sentiment, engagements, submitted_at,
    answer_expected, own_due_at, status, holder_code, due_at, promised_at
)
SELECT
    request_id, feedback_id, position, structure_code, channels, sentiment, engagements, submitted_at,
    answer_expected, own_due_at, 'waiting', structure_code, own_due_at, own_due_at
FROM jsonb_populate_recordset(NULL::requests, $1::jsonb)
"""
_CLAIM_KEYS: Final = """
INSERT INTO idempotency_keys (key_hash, body_hash, feedback_id, sealed_code, used_at)
SELECT key_hash, body_hash, feedback_id, sealed_code, used_at
FROM jsonb_populate_recordset(NULL::idempotency_keys, $1::jsonb)
ORDER BY key_hash
ON CONFLICT (key_hash) DO NOTHING
RETURNING key_hash
"""
_KNOWN_KEYS: Final = """
SELECT
    keys.key_hash, keys.body_hash, keys.sealed_code, feedbacks.feedback_id::text, feedbacks.submitted_at,
    feedbacks.withdrawn_at,
    array_agg(requests.request_id::text ORDER BY requests.position) AS request_ids,
    array_agg(requests.structure_code ORDER BY requests.position) AS structure_codes,
    array_agg(requests.own_due_at ORDER BY requests.position) AS due_ats
FROM idempotency_keys AS keys
INNER JOIN feedbacks USING (feedback_id)
INNER JOIN requests USING (feedback_id)
WHERE keys.key_hash = ANY ($1::bytea[])
GROUP BY keys.key_hash, feedbacks.feedback_id
"""
_LOCK_REQUEST: Final = """
SELECT
    request_id::text, feedback_id::text, structure_code, holder_code, requests.submitted_at, own_due_at, status
FROM requests INNER JOIN feedbacks USING (feedback_id)
WHERE request_id = $1::uuid AND feedbacks.held_at IS NULL
FOR UPDATE OF requests
"""
_STATEMENTS: Final = """
SELECT source, statement_id, version, outcome, said_at, announced_due_at, redirected_to, retracted
FROM statements WHERE request_id = $1::uuid
"""
_SAVE_STATEMENT: Final = """
INSERT INTO statements (
    request_id, source, statement_id, version, outcome, said_at, announced_due_at, redirected_to, retracted,
    body_hash, answer
)
VALUES ($1::uuid, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (request_id, source, statement_id) DO UPDATE SET
    version = excluded.version, outcome = excluded.outcome, said_at = excluded.said_at,
    announced_due_at = excluded.announced_due_at, redirected_to = excluded.redirected_to,
    retracted = excluded.retracted, body_hash = excluded.body_hash, answer = excluded.answer
WHERE statements.version < excluded.version
"""
_ERASE: Final = """
UPDATE feedbacks SET
    withdrawn_at = $2, title = NULL, story = NULL, suggestion = NULL,
    public_title = NULL, public_story = NULL, public_suggestion = NULL, masks = '[]'
WHERE feedback_id = $1::uuid
"""
_SAVE_STANDING: Final = """
UPDATE requests SET status = $2, holder_code = $3, due_at = $4, promised_at = $5, answered_at = $6
WHERE request_id = $1::uuid AND status <> 'withdrawn'
"""


@dataclass(frozen=True, slots=True)
class LockedRequest:
    """A request whose row this transaction holds."""

    request_id: str
    feedback_id: str
    structure_code: str
    holder_code: str
    submitted_at: datetime
    own_due_at: datetime | None
    status: Status


@dataclass(frozen=True, slots=True)
class WithdrawnStory:
    """What an author took back."""

    feedback_id: str
    requests: tuple[tuple[str, str], ...]
    """Request and structure addressed, where events told of them: none if it was withdrawn before, or held back."""
    fresh: bool
    """False where the story was withdrawn before."""


async def insert_feedbacks(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Insert stories; those that are there already are left alone. Returns the ids inserted."""
    return {row["feedback_id"] for row in await connection.fetch(_INSERT_FEEDBACKS, json_rows(rows))}


async def insert_requests(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the requests of stories that were just inserted."""
    await connection.execute(_INSERT_REQUESTS, json_rows(rows))


async def claim_keys(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> set[bytes]:
    """Take keys that nobody used. A key that another transaction is taking is waited for. Returns those taken."""
    return {row["key_hash"] for row in await connection.fetch(_CLAIM_KEYS, json_rows(rows))}


async def known_keys(connection: Connection, key_hashes: Iterable[bytes]) -> dict[bytes, Any]:
    """The stories that keys belong to, by key."""
    return {row["key_hash"]: row for row in await connection.fetch(_KNOWN_KEYS, list(key_hashes))}


async def release_keys(connection: Connection, key_hashes: Sequence[bytes]) -> None:
    """Give keys back that this transaction took in vain."""
    if key_hashes:
        await connection.execute("DELETE FROM idempotency_keys WHERE key_hash = ANY ($1::bytea[])", key_hashes)


async def forget_keys(connection: Connection, before: datetime) -> int:
    """Delete keys last used before an instant; returns how many."""
    done = await connection.execute("DELETE FROM idempotency_keys WHERE used_at < $1", before)
    return int(done.rpartition(" ")[2])


async def withdraw_story(connection: Connection, code_hash: bytes, at: datetime) -> WithdrawnStory | None:
    """Delete the texts of a story and close its requests; None where no story has this code."""
    story = await connection.fetchrow(
        "SELECT feedback_id::text, withdrawn_at, held_at FROM feedbacks WHERE code_hash = $1 FOR UPDATE", code_hash
    )
    if story is None:
        return None
    if story["withdrawn_at"] is not None:
        return WithdrawnStory(story["feedback_id"], (), fresh=False)
    requests = await erase_words(connection, story["feedback_id"], at)
    return WithdrawnStory(story["feedback_id"], () if story["held_at"] else requests, fresh=True)


async def erase_words(connection: Connection, feedback_id: str, at: datetime) -> tuple[tuple[str, str], ...]:
    """Delete the words of a story whose row is held, and of its answers; close its requests.

    Returns each request with the structure addressed, in order.
    """
    await connection.execute(_ERASE, feedback_id, at)
    rows = await connection.fetch(
        "UPDATE requests SET status = 'withdrawn' WHERE feedback_id = $1::uuid "
        "RETURNING request_id::text, structure_code, position",
        feedback_id,
    )
    await connection.execute(
        "UPDATE statements SET answer = NULL WHERE request_id = ANY ($1::uuid[])", [row["request_id"] for row in rows]
    )
    await connection.execute(
        "DELETE FROM drafts WHERE request_id = ANY ($1::uuid[])", [row["request_id"] for row in rows]
    )
    await connection.execute(
        # the row stays for its week, so that a client that tries again is told that the story is gone
        "UPDATE idempotency_keys SET sealed_code = '' WHERE feedback_id = $1::uuid",
        feedback_id,
    )
    ordered = sorted(rows, key=lambda row: int(row["position"]))
    return tuple((row["request_id"], row["structure_code"]) for row in ordered)


async def lock_request(connection: Connection, request_id: str) -> LockedRequest | None:
    """Hold a request's row until the transaction ends; None also where its story is held back as a probable abuse."""
    row = await connection.fetchrow(_LOCK_REQUEST, request_id)
    return None if row is None else LockedRequest(**{**dict(row), "status": Status(row["status"])})


async def statements_of(connection: Connection, request_id: str) -> list[Said]:
    """Everything that was said about a request."""
    rows = await connection.fetch(_STATEMENTS, request_id)
    return [Said(**{**dict(row), "outcome": Outcome(row["outcome"])}) for row in rows]


async def statement_hash(connection: Connection, request_id: str, source: str, statement_id: str) -> bytes | None:
    """Fingerprint of the words in which a statement was made at our door, if it was."""
    found: bytes | None = await connection.fetchval(
        "SELECT body_hash FROM statements WHERE request_id = $1::uuid AND source = $2 AND statement_id = $3",
        request_id,
        source,
        statement_id,
    )
    return found


async def save_statement(
    connection: Connection, request_id: str, said: Said, *, body_hash: bytes | None = None, answer: str | None = None
) -> bool:
    """Keep a statement unless the same or a higher version is there. Returns whether anything changed."""
    done = await connection.execute(
        _SAVE_STATEMENT,
        request_id,
        said.source,
        said.statement_id,
        said.version,
        said.outcome.value,
        said.said_at,
        said.announced_due_at,
        said.redirected_to,
        said.retracted,
        body_hash,
        answer,
    )
    return bool(done.endswith(" 1"))


async def save_standing(connection: Connection, request_id: str, standing: Standing) -> None:
    """Keep what is derived from the statements; a withdrawn request stays withdrawn."""
    await connection.execute(
        _SAVE_STANDING,
        request_id,
        standing.status.value,
        standing.holder_code,
        standing.due_at,
        standing.promised_at,
        standing.answered_at,
    )
