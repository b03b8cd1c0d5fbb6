"""Taking stories: what happens, in which order, in one transaction of the caller for a whole group of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from spplus_chassis import outbox
from spplus_chassis.database import Connection
from spplus_chassis.outbox import OutboxRow
from spplus_contracts import StructureDeclared
from spplus_contracts.topics import FEEDBACK_SUBMITTED
from spplus_feedback import acts, codes, holding, repository
from spplus_feedback.deadlines import Deadline, promised
from spplus_feedback.idempotency import Once
from spplus_feedback.stories import (
    Accepted,
    AcceptedRequest,
    Hold,
    KeyReused,
    KeyWithdrawn,
    Moderation,
    Opinion,
    Outcome,
    Submission,
    Texts,
    UnknownStructures,
    submitted,
)
from spplus_feedback.structures_queries import structures_of
from spplus_feedback.weighing import Weighing

Deadlines = Mapping[str, Deadline | None]


async def submit_feedbacks(
    connection: Connection,
    submissions: Sequence[Submission],
    *,
    default_days: int,
    weighing: Weighing | None = None,
) -> list[Outcome]:
    """Store stories with their events, all in a handful of statements; answers in the order given.

    `weighing` holds or refuses what comes too often; without it, everything is taken.
    """
    structures = await structures_of(connection, {a.structure_code for s in submissions for a in s.addresses})
    outcomes: dict[int, Outcome] = _unknown(submissions, structures)
    outcomes |= await _replayed(connection, {place: s for place, s in enumerate(submissions) if place not in outcomes})
    fresh = {place: s for place, s in enumerate(submissions) if place not in outcomes}
    if weighing is not None:
        fresh, refused = await weighing.weighed(connection, fresh)
        await repository.release_keys(connection, [once.key_hash for once in _keys(submissions, refused)])
        outcomes |= refused
    stored = await _store(connection, list(fresh.values()), structures, default_days)
    for place, submission in fresh.items():
        requests = _told(submission, _deadlines(submission, structures, default_days))
        outcomes[place] = Accepted(
            feedback_id=submission.feedback_id,
            code=submission.code,
            submitted_at=submission.submitted_at,
            requests=requests,
            fresh=submission.feedback_id in stored,
            held_for=submission.held_for,
        )
    return [outcomes[place] for place in range(len(submissions))]


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


def _keys(submissions: Sequence[Submission], places: Iterable[int]) -> list[Once]:
    """The keys of stories that were refused: a later try is a first one."""
    return [once for once in (submissions[place].once for place in places) if once is not None]


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
    kept_back: dict[str, list[OutboxRow]] = {}
    for submission in submissions:
        if submission.feedback_id not in inserted:
            continue
        deadlines = _deadlines(submission, structures, default_days)
        rows += _request_rows(submission, deadlines)
        if submission.held_for is None:
            events += _events(submission, deadlines)
        else:
            kept_back[submission.feedback_id] = _events(submission, deadlines)
            await acts.record(connection, _hold_act(submission, submission.held_for))
    await repository.insert_requests(connection, rows)
    await holding.keep_back(connection, kept_back)
    await outbox.append(connection, events)
    return inserted


def _hold_act(submission: Submission, reason: Hold) -> acts.Act:
    return acts.Act(
        acts.PLATFORM,
        acts.Action.STORY_HELD,
        submission.accepted_at,
        submission.feedback_id,
        detail={"reason": reason.value},
    )


def _deadlines(
    submission: Submission, structures: Mapping[str, StructureDeclared], default_days: int
) -> dict[str, Deadline | None]:
    if not submission.opinion.answer_expected:
        return {}
    addressed = [structures[address.structure_code] for address in submission.addresses]
    return {
        structure.code: promised(
            structure.announced_delays, submission.submitted_at, default_days, department=structure.department
        )
        for structure in addressed
    }


def _events(submission: Submission, deadlines: Deadlines) -> list[OutboxRow]:
    """The request's id is the event's too: an import that runs twice can only say the same."""
    return [
        outbox.row_of(
            submitted(submission, address, deadlines.get(address.structure_code)),
            topic=FEEDBACK_SUBMITTED.name,
            now=submission.accepted_at,
            event_id=address.request_id,
            trace=submission.trace,
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
        "dimensions": _dimensions(submission.opinion),
        "department": submission.opinion.department,
        "country": submission.opinion.country,
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
        "held_for": submission.held_for,
    }


def _dimensions(opinion: Opinion) -> dict[str, Any] | None:
    return opinion.dimensions.model_dump(mode="json", exclude_none=True) if opinion.dimensions else None


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
