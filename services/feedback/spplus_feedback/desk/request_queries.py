"""Reading one request for the agents who hold it: its words, where it stands, and all that was said about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from spplus_chassis.database import Connection
from spplus_contracts.vocabulary import PLATFORM_SOURCE, Outcome
from spplus_feedback.desk.listing import WORDS_SHOWN
from spplus_feedback.standing import Status
from spplus_feedback.stories import Moderation

_ONE: Final = f"""
SELECT
    requests.request_id::text, requests.feedback_id::text, requests.structure_code, requests.holder_code,
    coalesce(addressed.public_name, addressed.name, requests.structure_code) AS structure_name,
    coalesce(holder.public_name, holder.name, requests.holder_code) AS holder_name, holder.department,
    requests.status, requests.answer_expected, requests.submitted_at, requests.own_due_at, requests.due_at,
    requests.promised_at, requests.answered_at, requests.channels, requests.sentiment,
    feedbacks.author, feedbacks.proposal, feedbacks.moderation,
    feedbacks.moderation = 'published' AND (
        feedbacks.title IS DISTINCT FROM feedbacks.public_title
        OR feedbacks.story IS DISTINCT FROM feedbacks.public_story
        OR feedbacks.suggestion IS DISTINCT FROM feedbacks.public_suggestion
    ) AS masked,
    {WORDS_SHOWN},
    ARRAY(
        SELECT coalesce(structures.public_name, structures.name, other.structure_code)
        FROM requests AS other LEFT JOIN structures ON structures.code = other.structure_code
        WHERE other.feedback_id = requests.feedback_id AND other.request_id <> requests.request_id
        ORDER BY other.position
    ) AS others
FROM requests INNER JOIN feedbacks USING (feedback_id)
LEFT JOIN structures AS addressed ON addressed.code = requests.structure_code
LEFT JOIN structures AS holder ON holder.code = requests.holder_code
WHERE requests.request_id = $1::uuid AND feedbacks.held_at IS NULL
"""  # noqa: S608 - made of fixed pieces
_SAID: Final = """
SELECT
    statements.source, statements.statement_id, statements.outcome, statements.said_at,
    statements.announced_due_at, statements.redirected_to, statements.answer,
    coalesce(target.public_name, target.name, statements.redirected_to) AS target_name,
    coalesce(speaker.public_name, speaker.name, acts.detail ->> 'holder') AS speaker_name,
    accounts.name AS person_name, acts.actor LIKE 'key:%' AS by_key
FROM statements
LEFT JOIN acts
    ON acts.feedback_id = $2::uuid AND acts.request_id = statements.request_id
    AND acts.subject = statements.statement_id AND statements.source = $3
LEFT JOIN accounts ON acts.actor = 'account:' || accounts.account_id::text
LEFT JOIN structures AS target ON target.code = statements.redirected_to
LEFT JOIN structures AS speaker ON speaker.code = acts.detail ->> 'holder'
WHERE statements.request_id = $1::uuid AND NOT statements.retracted
ORDER BY statements.said_at, statements.source, statements.statement_id
"""


@dataclass(frozen=True, slots=True)
class OneRequest:
    """One request as its agents see it."""

    request_id: str
    feedback_id: str
    structure_code: str
    holder_code: str
    structure_name: str
    """The structure addressed."""
    holder_name: str
    """The structure that holds it now."""
    department: str | None
    status: Status
    answer_expected: bool
    submitted_at: datetime
    own_due_at: datetime | None
    due_at: datetime | None
    """The first promise: the one an answer is judged against."""
    promised_at: datetime | None
    """The latest promise."""
    answered_at: datetime | None
    channels: Sequence[str]
    sentiment: str | None
    author: str
    proposal: bool
    moderation: Moderation
    masked: bool
    """Whether a moderator masked some of the words."""
    title: str | None
    story: str | None
    suggestion: str | None
    others: Sequence[str]
    """The other structures that the story is about."""


@dataclass(frozen=True, slots=True)
class SaidOnce:
    """One statement, with who made it where it is known."""

    source: str
    statement_id: str
    outcome: Outcome
    said_at: datetime
    announced_due_at: datetime | None
    redirected_to: str | None
    answer: str | None
    target_name: str | None
    speaker_name: str | None
    person_name: str | None
    by_key: bool | None

    @property
    def elsewhere(self) -> bool:
        """Whether another system said it."""
        return self.source != PLATFORM_SOURCE


async def one_request(connection: Connection, request_id: str) -> OneRequest | None:
    """The request, also one that was withdrawn; None where there is none, or its story is kept back."""
    row = await connection.fetchrow(_ONE, request_id)
    if row is None:
        return None
    return OneRequest(**{**dict(row), "status": Status(row["status"]), "moderation": Moderation(row["moderation"])})


async def said_about(connection: Connection, request: OneRequest) -> list[SaidOnce]:
    """All that holds of what was said about it, in order."""
    rows = await connection.fetch(_SAID, request.request_id, request.feedback_id, PLATFORM_SOURCE)
    return [SaidOnce(**{**dict(row), "outcome": Outcome(row["outcome"])}) for row in rows]
