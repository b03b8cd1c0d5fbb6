"""A copy of all that is held about one story, for whoever holds its follow-up code."""

import json
from datetime import datetime
from typing import Any, Final, Literal

from spplus_chassis.database import Connection
from spplus_feedback.bodies import Body

Who = Literal["author", "staff", "system", "platform", "operator"]
_STORY: Final = """
SELECT
    feedback_id::text, submitted_at, accepted_at, withdrawn_at, author, proposal, title, story, suggestion,
    moderation, moderated_at, rejected_for, public_title, public_story, public_suggestion, masks,
    dimensions, department, country
FROM feedbacks WHERE code_hash = $1
"""
_REQUESTS: Final = """
SELECT
    requests.request_id::text, structure_code, coalesce(structures.name, structure_code) AS structure_name,
    channels, sentiment, engagements, answer_expected, status, holder_code, due_at, promised_at, answered_at,
    (SELECT count(*) FROM drafts WHERE drafts.request_id = requests.request_id) AS drafts
FROM requests LEFT JOIN structures ON structures.code = requests.structure_code
WHERE feedback_id = $1::uuid ORDER BY position
"""
_STATEMENTS: Final = """
SELECT request_id::text, source, outcome, said_at, announced_due_at, redirected_to, retracted, answer
FROM statements INNER JOIN requests USING (request_id)
WHERE feedback_id = $1::uuid ORDER BY said_at, statements.source, statement_id
"""
# While a story is kept back its author is not told so, here neither: it would teach those who send them by machine.
_ACTS: Final = """
SELECT acts.at, acts.actor, acts.action, acts.request_id::text, acts.detail
FROM acts INNER JOIN feedbacks ON feedbacks.feedback_id = $1::uuid
WHERE
    (
        acts.feedback_id = $1::uuid
        OR acts.request_id IN (SELECT request_id FROM requests WHERE requests.feedback_id = $1::uuid)
    )
    AND NOT (feedbacks.held_at IS NOT NULL AND acts.action = 'story.held')
ORDER BY acts.act_id
"""
_KEYS: Final = "SELECT used_at FROM idempotency_keys WHERE feedback_id = $1::uuid ORDER BY used_at"
_STAFF: Final = {"account": "staff", "key": "system"}


class WordsCopied(Body):
    """Words of a story."""

    title: str | None = None
    story: str | None = None
    suggestion: str | None = None


class StatementCopied(Body):
    """What a service said about a request."""

    source: str
    """The system that said it; `spplus` for this platform."""
    outcome: str
    said_at: datetime
    announced_due_at: datetime | None = None
    redirected_to: str | None = None
    retracted: bool
    answer: str | None = None
    """The text, where it was given here."""


class RequestCopied(Body):
    """One structure that the story addressed."""

    request_id: str
    structure_code: str
    structure_name: str
    channels: tuple[str, ...]
    sentiment: str | None = None
    engagements: tuple[str, ...]
    answer_expected: bool
    status: str
    holder_code: str
    due_at: datetime | None = None
    promised_at: datetime | None = None
    answered_at: datetime | None = None
    drafts: int
    """Drafts of an answer that an agent has begun and nobody has sent."""
    statements: tuple[StatementCopied, ...]


class ActCopied(Body):
    """What was done with the story. Nobody is named."""

    at: datetime
    who: Who
    action: str
    request_id: str | None = None
    detail: dict[str, Any]
    """Codes and counts."""


class StoryCopy(Body):
    """All that this service holds about one story. Its figures are counted from an event that holds no word of it."""

    feedback_id: str
    submitted_at: datetime
    accepted_at: datetime
    withdrawn_at: datetime | None = None
    author: str
    proposal: bool
    dimensions: dict[str, str | None]
    """The finer feelings."""
    department: str | None = None
    country: str | None = None
    words: WordsCopied
    """As they were written; empty once they were deleted."""
    moderation: str
    moderated_at: datetime | None = None
    rejected_for: str | None = None
    public_words: WordsCopied
    """As the public reads them."""
    masked_places: int
    """How many places of the words the public does not read."""
    requests: tuple[RequestCopied, ...]
    acts: tuple[ActCopied, ...]
    idempotency_keys_used_at: tuple[datetime, ...]
    """When a client's key was kept, by its fingerprint, so that a retry counts once."""


async def copy_of(connection: Connection, code_hash: bytes) -> StoryCopy | None:
    """The copy; None where no story has this code."""
    story = await connection.fetchrow(_STORY, code_hash)
    if story is None:
        return None
    held = dict(story)
    feedback_id = held["feedback_id"]
    words = {name: held.pop(name) for name in ("title", "story", "suggestion")}
    public = {name: held.pop(f"public_{name}") for name in ("title", "story", "suggestion")}
    return StoryCopy(
        **{name: value for name, value in held.items() if name not in {"masks", "dimensions"}},
        dimensions=json.loads(held["dimensions"] or "{}"),
        words=WordsCopied(**words),
        public_words=WordsCopied(**public),
        masked_places=len(json.loads(held["masks"])),
        requests=await _requests(connection, feedback_id),
        acts=tuple(_act(row) for row in await connection.fetch(_ACTS, feedback_id)),
        idempotency_keys_used_at=tuple(row["used_at"] for row in await connection.fetch(_KEYS, feedback_id)),
    )


async def _requests(connection: Connection, feedback_id: str) -> tuple[RequestCopied, ...]:
    said: dict[str, list[StatementCopied]] = {}
    for row in await connection.fetch(_STATEMENTS, feedback_id):
        fields = dict(row)
        said.setdefault(fields.pop("request_id"), []).append(StatementCopied(**fields))
    return tuple(
        RequestCopied(**dict(row), statements=tuple(said.get(row["request_id"], ())))
        for row in await connection.fetch(_REQUESTS, feedback_id)
    )


def _act(row: Any) -> ActCopied:  # noqa: ANN401 - a row of the database
    kind = row["actor"].partition(":")[0]
    return ActCopied(
        at=row["at"],
        who=_STAFF.get(kind, kind),
        action=row["action"],
        request_id=row["request_id"],
        detail=json.loads(row["detail"]),
    )
