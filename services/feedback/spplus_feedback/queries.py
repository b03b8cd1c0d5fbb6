"""Reading stories: one for its author, many for the agents who answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from spplus_chassis.database import Connection
from spplus_contracts.vocabulary import PLATFORM_SOURCE
from spplus_feedback.standing import Status

_STORY: Final = """
SELECT
    feedbacks.feedback_id::text, feedbacks.submitted_at, feedbacks.withdrawn_at,
    feedbacks.title, feedbacks.story, feedbacks.suggestion
FROM feedbacks WHERE feedbacks.code_hash = $1
"""
_STORY_REQUESTS: Final = """
SELECT
    requests.request_id::text, requests.structure_code, requests.holder_code, requests.status,
    requests.answer_expected, requests.due_at, requests.promised_at, requests.answered_at,
    addressed.name AS structure_name, holder.name AS holder_name
FROM requests
LEFT JOIN structures AS addressed ON addressed.code = requests.structure_code
LEFT JOIN structures AS holder ON holder.code = requests.holder_code
WHERE requests.feedback_id = $1::uuid
ORDER BY requests.position
"""
_STORY_ANSWERS: Final = """
SELECT statements.request_id::text, statements.said_at, statements.answer, statements.source <> $2 AS elsewhere
FROM statements INNER JOIN requests USING (request_id)
WHERE requests.feedback_id = $1::uuid AND statements.outcome = 'answered' AND NOT statements.retracted
ORDER BY statements.said_at, statements.source, statements.statement_id
"""
_DESK: Final = """
SELECT
    requests.request_id::text, requests.holder_code AS structure_code, requests.status, requests.submitted_at,
    requests.due_at, requests.answered_at, requests.channels, requests.sentiment, requests.engagements,
    feedbacks.proposal, feedbacks.title, feedbacks.story, feedbacks.suggestion
FROM requests INNER JOIN feedbacks USING (feedback_id)
WHERE
    requests.holder_code = ANY ($1::text[])
    AND requests.status = $2
    AND requests.answer_expected
    AND feedbacks.held_at IS NULL
    AND (coalesce(requests.due_at, 'infinity'::timestamptz), requests.request_id)
    > (coalesce($3::timestamptz, 'infinity'::timestamptz), $4::uuid)
ORDER BY coalesce(requests.due_at, 'infinity'::timestamptz), requests.request_id
LIMIT $5
"""
FIRST_REQUEST: Final = "00000000-0000-0000-0000-000000000000"
FIRST_DUE: Final = datetime.fromisoformat("0001-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as the author sees it."""

    said_at: datetime
    text: str | None
    """None where the answer came by another way."""
    elsewhere: bool


@dataclass(frozen=True, slots=True)
class FollowedRequest:
    """One request as its author sees it."""

    request_id: str
    structure_code: str
    structure_name: str
    holder_code: str
    holder_name: str
    status: Status
    answer_expected: bool
    due_at: datetime | None
    promised_at: datetime | None
    answered_at: datetime | None
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class FollowedStory:
    """A story as its author sees it."""

    feedback_id: str
    submitted_at: datetime
    withdrawn_at: datetime | None
    title: str | None
    story: str | None
    suggestion: str | None
    requests: tuple[FollowedRequest, ...]


@dataclass(frozen=True, slots=True)
class DeskRequest:
    """One request as an agent sees it."""

    request_id: str
    structure_code: str
    status: Status
    submitted_at: datetime
    due_at: datetime | None
    answered_at: datetime | None
    channels: Sequence[str]
    sentiment: str | None
    engagements: Sequence[str]
    proposal: bool
    title: str | None
    story: str | None
    suggestion: str | None


async def followed_story(connection: Connection, code_hash: bytes) -> FollowedStory | None:
    """The story that a follow-up code opens."""
    story = await connection.fetchrow(_STORY, code_hash)
    if story is None:
        return None
    answers: dict[str, list[Answer]] = {}
    for row in await connection.fetch(_STORY_ANSWERS, story["feedback_id"], PLATFORM_SOURCE):
        answer = Answer(row["said_at"], row["answer"], row["elsewhere"])
        answers.setdefault(row["request_id"], []).append(answer)
    requests = [
        FollowedRequest(
            **{
                **dict(row),
                "status": Status(row["status"]),
                "structure_name": row["structure_name"] or row["structure_code"],
                "holder_name": row["holder_name"] or row["holder_code"],
            },
            answers=tuple(answers.get(row["request_id"], ())),
        )
        for row in await connection.fetch(_STORY_REQUESTS, story["feedback_id"])
    ]
    return FollowedStory(**dict(story), requests=tuple(requests))


async def desk_requests(
    connection: Connection,
    structures: Sequence[str],
    status: Status,
    *,
    after: tuple[datetime | None, str] = (FIRST_DUE, FIRST_REQUEST),
    limit: int,
) -> list[DeskRequest]:
    """Requests held by these structures, soonest due first, those without a deadline last.

    `after` is the deadline and the id of the last request of the page before.
    """
    rows = await connection.fetch(_DESK, list(structures), status.value, after[0], after[1], limit)
    return [DeskRequest(**{**dict(row), "status": Status(row["status"])}) for row in rows]
