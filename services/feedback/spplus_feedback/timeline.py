"""What happened to a story and what comes next, as its author is told: a closed list of steps.

Derived from the story and from all that was said about its requests, whatever the order it was heard in.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from spplus_contracts.vocabulary import Outcome
from spplus_feedback.standing import Said, in_order
from spplus_feedback.stories import Moderation


class Step(StrEnum):
    """One step; the order is the one in which steps of the same instant are told."""

    RECEIVED = "received"
    PROMISED = "promised"
    """The service says by when it answers."""
    READ = "read"
    """A moderator reads the words."""
    PUBLISHED = "published"
    REFUSED = "refused"
    """A moderator did not let the story through; it leaves the figures."""
    ACKNOWLEDGED = "acknowledged"
    REDIRECTED = "redirected"
    """Another structure takes over."""
    POSTPONED = "postponed"
    """A new promise; the first one is still the one that counts."""
    ANSWERED = "answered"
    CLOSED = "closed"
    """The service ended without an answer."""
    WITHDRAWN = "withdrawn"
    """The author took the story back."""


@dataclass(frozen=True, slots=True)
class RequestHistory:
    """One request of the story and all that was said about it."""

    request_id: str
    structure_code: str
    """The structure addressed."""
    answer_expected: bool
    own_due_at: datetime | None
    """Promised by rule when the story came in."""
    said: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """Everything that the steps are derived from."""

    submitted_at: datetime
    moderation: Moderation
    requests: tuple[RequestHistory, ...]
    moderated_at: datetime | None = None
    rejected_for: str | None = None
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Milestone:
    """One step of the story, or of one of its requests."""

    step: Step
    done: bool = True
    """False for what comes next."""
    at: datetime | None = None
    """When it happened; None for what comes next."""
    request_id: str | None = None
    """The request concerned; None where it is the whole story."""
    structure_code: str | None = None
    """Who promised, answers or takes over."""
    due_at: datetime | None = None
    """The promise made, or the one waited for."""
    first_due_at: datetime | None = None
    """The first promise, where there is a later one."""
    overdue: bool = False
    """For an answer that is waited for: the first promise has passed."""
    source: str | None = None
    statement_id: str | None = None
    """With `source`: the statement that tells of the step."""
    reason: str | None = None
    """Why a moderator refused the story: a code."""


_RANKS: Final = {step: rank for rank, step in enumerate(Step)}
_PLAIN: Final = {
    Outcome.ACKNOWLEDGED: Step.ACKNOWLEDGED,
    Outcome.ANSWERED: Step.ANSWERED,
    Outcome.CLOSED_UNANSWERED: Step.CLOSED,
}


def timeline(history: History, now: datetime) -> tuple[Milestone, ...]:
    """The steps: those done in the order they happened, then those that come next."""
    told = [Milestone(Step.RECEIVED, at=history.submitted_at), *_moderation(history)]
    for request in history.requests:
        told += _steps(request, history, now)
    if history.withdrawn_at is not None and history.moderation is not Moderation.REJECTED:
        told.append(Milestone(Step.WITHDRAWN, at=history.withdrawn_at))
    done = [milestone for milestone in told if milestone.at is not None]
    coming = [milestone for milestone in told if milestone.at is None]
    return (*sorted(done, key=lambda step: (step.at or now, _RANKS[step.step])), *coming)


def _moderation(history: History) -> Iterator[Milestone]:
    at = history.moderated_at
    if history.moderation is Moderation.PENDING and history.withdrawn_at is None:
        yield Milestone(Step.READ, done=False)
    elif history.moderation is Moderation.PUBLISHED and at is not None:
        yield Milestone(Step.READ, at=at)
        yield Milestone(Step.PUBLISHED, at=at)
    elif history.moderation is Moderation.REJECTED:
        refused_at = at or history.withdrawn_at or history.submitted_at
        yield Milestone(Step.READ, at=refused_at)
        yield Milestone(Step.REFUSED, at=refused_at, reason=history.rejected_for)


def _steps(request: RequestHistory, history: History, now: datetime) -> Iterator[Milestone]:
    holder = request.structure_code
    first = latest = request.own_due_at
    ended = False
    if first is not None:
        yield Milestone(
            Step.PROMISED, at=history.submitted_at, request_id=request.request_id, structure_code=holder, due_at=first
        )
    for said in in_order(request.said):
        holder = said.redirected_to or holder
        ended = ended or said.outcome in {Outcome.ANSWERED, Outcome.CLOSED_UNANSWERED}
        yield from _said(said, request.request_id, holder, first, latest)
        latest = said.announced_due_at or latest
        first = first or latest
    if not ended and request.answer_expected and history.withdrawn_at is None:
        yield Milestone(
            Step.ANSWERED,
            done=False,
            request_id=request.request_id,
            structure_code=holder,
            due_at=latest,
            first_due_at=first if latest != first else None,
            overdue=first is not None and first < now,
        )


def _said(
    said: Said, request_id: str, holder: str, first: datetime | None, latest: datetime | None
) -> Iterator[Milestone]:
    told = Milestone(
        Step.ACKNOWLEDGED,
        at=said.said_at,
        request_id=request_id,
        structure_code=holder,
        source=said.source,
        statement_id=said.statement_id,
    )
    if said.redirected_to is not None:
        yield replace(told, step=Step.REDIRECTED)
    if said.outcome in _PLAIN:
        yield replace(told, step=_PLAIN[said.outcome])
    due_at = said.announced_due_at
    if due_at is not None and first is None:
        yield replace(told, step=Step.PROMISED, due_at=due_at)
    elif due_at is not None and due_at != latest:
        yield replace(told, step=Step.POSTPONED, due_at=due_at, first_due_at=first)
