"""Set-based SQL of the import of experiences: a handful of statements for a whole chunk of rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from spplus_chassis.database import Connection
from spplus_chassis.sql_values import is_uuid, json_rows
from spplus_contracts.vocabulary import PLATFORM_SOURCE, Outcome
from spplus_feedback.repository import LockedRequest
from spplus_feedback.standing import Said, Standing, Status

_LOCK: Final = """
SELECT
    request_id::text, feedback_id::text, structure_code, holder_code, requests.submitted_at, own_due_at, status
FROM requests INNER JOIN feedbacks USING (feedback_id)
WHERE request_id = ANY ($1::uuid[]) AND status <> 'withdrawn' AND feedbacks.held_at IS NULL
ORDER BY request_id
FOR UPDATE OF requests
"""
_SAID: Final = """
SELECT
    request_id::text, source, statement_id, version, outcome, said_at, announced_due_at, redirected_to, retracted,
    body_hash
FROM statements WHERE request_id = ANY ($1::uuid[])
"""
_SAY: Final = """
INSERT INTO statements (
    request_id, source, statement_id, version, outcome, said_at, announced_due_at, redirected_to, retracted,
    body_hash, answer
)
SELECT
    request_id, source, statement_id, version, outcome, said_at, announced_due_at, redirected_to, retracted,
    body_hash, answer
FROM jsonb_populate_recordset(NULL::statements, $1::jsonb)
"""
_STAND: Final = """
UPDATE requests SET
    status = derived.status, holder_code = derived.holder_code, due_at = derived.due_at,
    promised_at = derived.promised_at, answered_at = derived.answered_at
FROM jsonb_populate_recordset(NULL::requests, $1::jsonb) AS derived
WHERE requests.request_id = derived.request_id
"""
_KEEP_ROWS: Final = """
INSERT INTO imported_rows (feedback_id, official_id, cells)
SELECT fresh.feedback_id, fresh.official_id, fresh.cells
FROM jsonb_to_recordset($1::jsonb) AS fresh (feedback_id uuid, official_id text, cells jsonb, wordless boolean)
INNER JOIN feedbacks USING (feedback_id)
WHERE feedbacks.withdrawn_at IS NULL AND (
    fresh.wordless
    OR coalesce(feedbacks.title, feedbacks.story, feedbacks.public_title, feedbacks.public_story) IS NOT NULL
)
ON CONFLICT (feedback_id) DO UPDATE SET cells = excluded.cells WHERE imported_rows.cells <> excluded.cells
"""
_OURS: Final = "SELECT public_id::text FROM feedbacks WHERE public_id = ANY ($1::uuid[])"


@dataclass(frozen=True, slots=True)
class HeldStatement:
    """What is known of a statement that was made about a request."""

    said: Said
    body_hash: bytes | None
    ours: bool


async def lock_requests(connection: Connection, request_ids: Sequence[str]) -> dict[str, LockedRequest]:
    """Hold the rows of these requests until the transaction ends; those that are withdrawn or held are left out."""
    rows = await connection.fetch(_LOCK, request_ids)
    return {row["request_id"]: LockedRequest(**{**dict(row), "status": Status(row["status"])}) for row in rows}


async def statements_about(connection: Connection, request_ids: Sequence[str]) -> dict[str, list[HeldStatement]]:
    """All that was said about these requests."""
    found: dict[str, list[HeldStatement]] = {}
    for row in await connection.fetch(_SAID, request_ids):
        values = dict(row)
        request_id, body_hash = values.pop("request_id"), values.pop("body_hash")
        said = Said(**{**values, "outcome": Outcome(values["outcome"])})
        found.setdefault(request_id, []).append(HeldStatement(said, body_hash, said.source == PLATFORM_SOURCE))
    return found


async def save_statements(connection: Connection, rows: Sequence[tuple[str, Said, bytes, str | None]]) -> None:
    """Keep statements that are new: request, what was said, fingerprint and text."""
    await connection.execute(
        _SAY,
        json_rows(
            {"request_id": request_id, **asdict(said), "body_hash": body_hash, "answer": answer}
            for request_id, said, body_hash, answer in rows
        ),
    )


async def save_standings(connection: Connection, derived: Mapping[str, Standing]) -> None:
    """Keep what is derived from the statements."""
    rows = ({"request_id": request_id, **asdict(standing)} for request_id, standing in derived.items())
    await connection.execute(_STAND, json_rows(rows))


async def keep_rows(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Keep the cells of stories whose words stand, or never had any; the latest file is believed."""
    await connection.execute(_KEEP_ROWS, json_rows(rows))


async def told_here(connection: Connection, official_ids: Iterable[str]) -> set[str]:
    """Which of these ids are public ids of stories of this platform: the file is an export of ours."""
    possible = [text for text in official_ids if is_uuid(text)]
    return {row["public_id"] for row in await connection.fetch(_OURS, possible)} if possible else set()
