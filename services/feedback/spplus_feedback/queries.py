"""Reading a story, for its author."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from asyncpg import Record

from spplus_chassis.database import Connection
from spplus_contracts.vocabulary import PLATFORM_SOURCE, Outcome
from spplus_feedback.standing import Said, Status
from spplus_feedback.stories import Moderation
from spplus_feedback.timeline import History, RequestHistory

_STORY: Final = """
SELECT
    feedbacks.feedback_id::text, feedbacks.submitted_at, feedbacks.withdrawn_at,
    feedbacks.title, feedbacks.story, feedbacks.suggestion, feedbacks.proposal,
    feedbacks.moderation, feedbacks.moderated_at, feedbacks.rejected_for,
    CASE WHEN feedbacks.is_public THEN feedbacks.public_id::text END AS public_id
FROM feedbacks WHERE feedbacks.code_hash = $1
"""
_STORY_REQUESTS: Final = """
SELECT
    requests.request_id::text, requests.structure_code, requests.holder_code, requests.status,
    requests.answer_expected, requests.due_at, requests.promised_at, requests.answered_at, requests.own_due_at
FROM requests
WHERE requests.feedback_id = $1::uuid
ORDER BY requests.position
"""
_STORY_STATEMENTS: Final = """
SELECT
    statements.request_id::text, statements.source, statements.statement_id, statements.version, statements.outcome,
    statements.said_at, statements.announced_due_at, statements.redirected_to, statements.retracted, statements.answer
FROM statements INNER JOIN requests USING (request_id)
WHERE requests.feedback_id = $1::uuid
ORDER BY statements.said_at, statements.source, statements.statement_id
"""
_SAID: Final = tuple(field.name for field in fields(Said))
_NAMES: Final = "SELECT code, coalesce(public_name, name) AS name FROM structures WHERE code = ANY ($1::text[])"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as the author sees it."""

    said_at: datetime
    text: str | None
    """None where the answer came by another way."""
    elsewhere: bool
    source: str
    statement_id: str


@dataclass(frozen=True, slots=True)
class FollowedRequest:
    """One request as its author sees it."""

    request_id: str
    structure_code: str
    structure_name: str
    holder_code: str
    status: Status
    answer_expected: bool
    own_due_at: datetime | None
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
    proposal: bool
    moderation: Moderation
    public_id: str | None
    """Where the public reads it; None where it does not."""
    requests: tuple[FollowedRequest, ...]
    history: History
    names: Mapping[str, str]
    """Names of the structures concerned, by code."""


async def followed_story(connection: Connection, code_hash: bytes) -> FollowedStory | None:
    """The story that a follow-up code opens."""
    found = await connection.fetchrow(_STORY, code_hash)
    if found is None:
        return None
    story = {**dict(found), "moderation": Moderation(found["moderation"])}
    requests = [dict(request) for request in await connection.fetch(_STORY_REQUESTS, story["feedback_id"])]
    statements: dict[str, list[Record]] = {request["request_id"]: [] for request in requests}
    for statement in await connection.fetch(_STORY_STATEMENTS, story["feedback_id"]):
        statements[statement["request_id"]].append(statement)
    histories = tuple(_history(request, statements[request["request_id"]]) for request in requests)
    named = {code for request in requests for code in (request["structure_code"], request["holder_code"])}
    named |= {said.redirected_to for history in histories for said in history.said if said.redirected_to}
    known = {row["code"]: row["name"] for row in await connection.fetch(_NAMES, list(named))}
    names = {code: known.get(code, code) for code in named}
    told = ("submitted_at", "moderation", "moderated_at", "rejected_for", "withdrawn_at")
    history = History(requests=histories, **{name: story[name] for name in told})
    shown = {name: value for name, value in story.items() if name not in {"moderated_at", "rejected_for"}}
    return FollowedStory(
        **shown,
        requests=tuple(_followed(request, statements[request["request_id"]], names) for request in requests),
        history=history,
        names=names,
    )


def _history(request: Mapping[str, Any], statements: Sequence[Record]) -> RequestHistory:
    said = tuple(
        Said(**{name: row[name] for name in _SAID if name != "outcome"}, outcome=Outcome(row["outcome"]))
        for row in statements
    )
    return RequestHistory(
        request["request_id"], request["structure_code"], request["answer_expected"], request["own_due_at"], said
    )


def _followed(request: Mapping[str, Any], statements: Sequence[Record], names: Mapping[str, str]) -> FollowedRequest:
    answers = tuple(
        Answer(row["said_at"], row["answer"], row["source"] != PLATFORM_SOURCE, row["source"], row["statement_id"])
        for row in statements
        if row["outcome"] == Outcome.ANSWERED and not row["retracted"]
    )
    return FollowedRequest(
        **{**request, "status": Status(request["status"])},
        structure_name=names[request["structure_code"]],
        answers=answers,
    )
