"""Reading a story, for its author."""

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
