"""What the author of a story is told about it, as closed models."""

from datetime import datetime
from typing import Literal

from spplus_feedback.bodies import Body
from spplus_feedback.timeline import Step


class AnswerShown(Body):
    """One answer to the story."""

    answered_at: datetime
    """When, UTC."""
    text: str | None = None
    """The text, where it was given here."""
    by_another_channel: bool
    """True where the answer came by another way: its text is not known here."""


class FollowedRequestBody(Body):
    """Where one request stands."""

    request_id: str
    """The request."""
    structure_code: str
    """The structure addressed."""
    structure_name: str
    """Its name."""
    holder_code: str
    """The structure that holds the request now."""
    status: Literal["waiting", "answered", "closed", "withdrawn"]
    """Where it stands."""
    answer_due_at: datetime | None = None
    """The first promise, UTC."""
    promised_at: datetime | None = None
    """The latest promise, UTC."""
    overdue: bool
    """Whether the first promise has passed without an answer."""
    answers: tuple[AnswerShown, ...] = ()
    """The answers."""


class StepShown(Body):
    """One step of the story, or of one of its requests."""

    step: Step
    """What happened, or what comes next."""
    done: bool
    """False for what comes next."""
    at: datetime | None = None
    """When it happened, UTC; absent for what comes next."""
    request_id: str | None = None
    """The request concerned; absent where it is the whole story."""
    structure_code: str | None = None
    """Who promised, answers or takes over."""
    structure_name: str | None = None
    """Its name."""
    answer_due_at: datetime | None = None
    """The promise made, or waited for, UTC."""
    first_due_at: datetime | None = None
    """The first promise, UTC, where there is a later one."""
    overdue: bool = False
    """For an answer waited for: the first promise has passed."""
    reason: str | None = None
    """Why a moderator refused the story: a code."""


class FollowedBody(Body):
    """Where a story stands."""

    feedback_id: str
    """The story."""
    status: Literal["received", "answered", "closed", "refused", "withdrawn"]
    """Answered once every structure that owes an answer gave one; refused by a moderator; withdrawn by its author."""
    submitted_at: datetime
    """When the opinion was given, UTC."""
    withdrawn_at: datetime | None = None
    """When its author took it back, UTC."""
    title: str | None = None
    """As its author wrote it."""
    story: str | None = None
    """As its author wrote it."""
    suggestion: str | None = None
    """As its author wrote it."""
    requests: tuple[FollowedRequestBody, ...]
    """One per structure addressed."""
    timeline: tuple[StepShown, ...]
    """What happened, oldest first, then what comes next."""
    public_page: str | None = None
    """Page on which the public reads it, once published."""
