"""What happens at the doors of intake, in which order, each in one transaction of the caller."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from spplus_chassis import outbox
from spplus_chassis.database import Connection
from spplus_chassis.outbox import OutboxRow
from spplus_contracts import StructureDeclared
from spplus_contracts.topics import FEEDBACK_SUBMITTED, FEEDBACK_WITHDRAWN, REQUEST_ANSWERED
from spplus_contracts.vocabulary import PLATFORM_SOURCE
from spplus_feedback import codes, repository
from spplus_feedback.answering import Statement, answered
from spplus_feedback.deadlines import Deadline, promised
from spplus_feedback.repository import LockedRequest
from spplus_feedback.standing import Said, Status, said_by, standing
from spplus_feedback.stories import (
    Accepted,
    AcceptedRequest,
    KeyReused,
    KeyWithdrawn,
    Moderation,
    Outcome,
    Submission,
    Texts,
    UnknownStructures,
    submitted,
    withdrawn,
)
from spplus_feedback.structures_queries import structures_of

Deadlines = Mapping[str, Deadline | None]


class StatementChanged(Exception):  # noqa: N818 - a decision about a statement, not an error of ours
    """This identity was used for a statement in other words."""


async def submit_feedbacks(
    connection: Connection, submissions: Sequence[Submission], *, default_days: int
) -> list[Outcome]:
    """Store stories with their events, all in a handful of statements; answers in the order given."""
    structures = await structures_of(connection, {a.structure_code for s in submissions for a in s.addresses})
    outcomes: dict[int, Outcome] = _unknown(submissions, structures)
    outcomes |= await _replayed(connection, {place: s for place, s in enumerate(submissions) if place not in outcomes})
    fresh = {place: s for place, s in enumerate(submissions) if place not in outcomes}
    stored = await _store(connection, list(fresh.values()), structures, default_days)
    for place, submission in fresh.items():
        requests = _told(submission, _deadlines(submission, structures, default_days))
        outcomes[place] = Accepted(
            feedback_id=submission.feedback_id,
            code=submission.code,
            submitted_at=submission.submitted_at,
            requests=requests,
            fresh=submission.feedback_id in stored,
        )
    return [outcomes[place] for place in range(len(submissions))]


async def withdraw_feedback(connection: Connection, code: bytes, *, now: datetime) -> bool:
    """Take a story back, once and for all; false where no story has this code."""
    story = await repository.withdraw_story(connection, codes.fingerprint(code), now)
    if story is None:
        return False
    events = [withdrawn(request_id, structure, now) for request_id, structure in story.requests]
    await outbox.append(connection, [outbox.row_of(event, topic=FEEDBACK_WITHDRAWN.name, now=now) for event in events])
    return True


async def answer_request(
    connection: Connection, request: LockedRequest, statement: Statement, *, now: datetime
) -> Status:
    """Keep what an agent said about a request, with its event; said again in the same words, nothing happens.

    Raises `StatementChanged`, or `pydantic.ValidationError` where it contradicts the request.
    """
    if await is_said(connection, request.request_id, statement):
        return request.status
    event = answered(
        statement,
        request_id=request.request_id,
        structure_code=request.holder_code,
        received_at=request.submitted_at,
    )
    said = said_by(event, source=PLATFORM_SOURCE, event_id=statement.statement_id)
    await repository.save_statement(
        connection, request.request_id, said, body_hash=statement.body_hash, answer=statement.answer
    )
    await outbox.append(connection, [outbox.row_of(event, topic=REQUEST_ANSWERED.name, now=now)])
    return await _derive(connection, request)


async def is_said(connection: Connection, request_id: str, statement: Statement) -> bool:
    """Whether this very statement was made at our door before. Raises `StatementChanged`."""
    before = await repository.statement_hash(connection, request_id, PLATFORM_SOURCE, statement.statement_id)
    if before is not None and before != statement.body_hash:
        raise StatementChanged
    return before is not None


async def record_statements(connection: Connection, heard: Iterable[tuple[str, Said]]) -> None:
    """Keep what was said elsewhere about our requests; what our own door said is known already."""
    for request_id, said in sorted(heard, key=lambda pair: pair[0]):
        request = await repository.lock_request(connection, request_id)
        if request is not None and await repository.save_statement(connection, request_id, said):
            await _derive(connection, request)


async def _derive(connection: Connection, request: LockedRequest) -> Status:
    said = await repository.statements_of(connection, request.request_id)
    derived = standing(request.structure_code, request.own_due_at, said)
    await repository.save_standing(connection, request.request_id, derived)
    return derived.status


def _unknown(submissions: Sequence[Submission], structures: Mapping[str, StructureDeclared]) -> dict[int, Outcome]:
    outcomes: dict[int, Outcome] = {}
    for place, submission in enumerate(submissions):
        codes_given = [address.structure_code for address in submission.addresses]
        missing = tuple(position for position, code in enumerate(codes_given) if code not in structures)
        if missing:
            outcomes[place] = UnknownStructures(missing)
    return outcomes


async def _replayed(connection: Connection, submissions: Mapping[int, Submission]) -> dict[int, Outcome]:
    """Take each client's key; the submissions whose key was used before get the answer of that time."""
    claims = [_key_row(s) for s in submissions.values() if s.once is not None]
    if not claims:
        return {}
    taken = await repository.claim_keys(connection, claims)
    first: dict[bytes, int] = {}
    repeated: dict[int, Submission] = {}
    for place, submission in submissions.items():
        if submission.once is None:
            continue
        key_hash = submission.once.key_hash
        if key_hash not in taken or first.setdefault(key_hash, place) != place:
            repeated[place] = submission
    known = await repository.known_keys(connection, {s.once.key_hash for s in repeated.values() if s.once})
    return {place: _earlier(submission, known) for place, submission in repeated.items()}


def _earlier(submission: Submission, known: Mapping[bytes, Any]) -> Outcome:
    once = submission.once
    row = known.get(once.key_hash) if once is not None else None
    if once is None or row is None or row["body_hash"] != once.body_hash:
        return KeyReused()
    if row["withdrawn_at"] is not None:
        return KeyWithdrawn()
    told = zip(row["request_ids"], row["structure_codes"], row["due_ats"], strict=True)
    return Accepted(
        feedback_id=row["feedback_id"],
        code=codes.sealed(row["sealed_code"], once.key),
        submitted_at=row["submitted_at"],
        requests=tuple(AcceptedRequest(*request) for request in told),
        fresh=False,
    )


async def _store(
    connection: Connection,
    submissions: Sequence[Submission],
    structures: Mapping[str, StructureDeclared],
    default_days: int,
) -> set[str]:
    if not submissions:
        return set()
    inserted = await repository.insert_feedbacks(connection, [_feedback_row(s) for s in submissions])
    rows: list[dict[str, Any]] = []
    events: list[OutboxRow] = []
    for submission in submissions:
        if submission.feedback_id not in inserted:
            continue
        deadlines = _deadlines(submission, structures, default_days)
        rows += _request_rows(submission, deadlines)
        if not submission.held:
            events += _events(submission, deadlines)
    await repository.insert_requests(connection, rows)
    await outbox.append(connection, events)
    return inserted


def _deadlines(
    submission: Submission, structures: Mapping[str, StructureDeclared], default_days: int
) -> dict[str, Deadline | None]:
    if not submission.opinion.answer_expected:
        return {}
    return {
        code: promised(structures[code].announced_delays, submission.submitted_at, default_days)
        for code in (address.structure_code for address in submission.addresses)
    }


def _events(submission: Submission, deadlines: Deadlines) -> list[OutboxRow]:
    """The request's id is the event's too: an import that runs twice can only say the same."""
    return [
        outbox.row_of(
            submitted(submission, address, deadlines.get(address.structure_code)),
            topic=FEEDBACK_SUBMITTED.name,
            now=submission.accepted_at,
            event_id=address.request_id,
        )
        for address in submission.addresses
    ]


def _told(submission: Submission, deadlines: Deadlines) -> tuple[AcceptedRequest, ...]:
    return tuple(
        AcceptedRequest(address.request_id, address.structure_code, _due_at(deadlines.get(address.structure_code)))
        for address in submission.addresses
    )


def _due_at(deadline: Deadline | None) -> datetime | None:
    return deadline.due_at if deadline else None


def _key_row(submission: Submission) -> dict[str, Any]:
    once, code = submission.once, submission.code
    if once is None or code is None:
        raise ValueError("a client's key seals a follow-up code")
    return {
        "key_hash": once.key_hash,
        "body_hash": once.body_hash,
        "feedback_id": submission.feedback_id,
        "sealed_code": codes.sealed(code, once.key),
        "used_at": submission.accepted_at,
    }


def _feedback_row(submission: Submission) -> dict[str, Any]:
    texts = submission.texts
    public = texts if submission.moderation is Moderation.PUBLISHED else Texts()
    return {
        "feedback_id": submission.feedback_id,
        "code_hash": codes.fingerprint(submission.code) if submission.code else None,
        "author": submission.opinion.author,
        "proposal": submission.opinion.proposal,
        "title": texts.title,
        "story": texts.story,
        "suggestion": texts.suggestion,
        "submitted_at": submission.submitted_at,
        "accepted_at": submission.accepted_at,
        "moderation": submission.moderation,
        "moderated_at": submission.published_at if texts else None,
        "public_title": public.title,
        "public_story": public.story,
        "public_suggestion": public.suggestion,
        "held_at": submission.accepted_at if submission.held else None,
    }


def _request_rows(submission: Submission, deadlines: Deadlines) -> list[dict[str, Any]]:
    return [
        {
            "request_id": address.request_id,
            "feedback_id": submission.feedback_id,
            "position": position,
            "structure_code": address.structure_code,
            "channels": address.channels,
            "sentiment": submission.opinion.sentiment,
            "engagements": submission.opinion.engagements,
            "submitted_at": submission.submitted_at,
            "answer_expected": submission.opinion.answer_expected,
            "own_due_at": _due_at(deadlines.get(address.structure_code)),
        }
        for position, address in enumerate(submission.addresses)
    ]
