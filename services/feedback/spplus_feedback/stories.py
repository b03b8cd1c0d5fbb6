"""A story as intake holds it, and the events it makes: one per structure addressed."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from spplus_contracts import FeedbackSubmitted, FeedbackWithdrawn
from spplus_contracts.feedback import Dimensions
from spplus_contracts.vocabulary import (
    Author,
    Channel,
    DueKind,
    FeedbackKind,
    Sentiment,
    WithdrawalReason,
)
from spplus_feedback.deadlines import Deadline
from spplus_feedback.idempotency import Once

MAX_STRUCTURES: Final = 3


class Moderation(StrEnum):
    """What was decided about a story's words. A figure counts from submission; words are public once published."""

    PENDING = "pending"
    PUBLISHED = "published"
    REJECTED = "rejected"
    WORDLESS = "wordless"
    """There are no words to decide about."""
    EXPIRED = "expired"
    """The words were deleted by their age before anybody decided."""


class Hold(StrEnum):
    """Why a story is kept back as a probable abuse. It is never lost: a moderator decides."""

    HONEYPOT = "honeypot"
    """A field that people do not see was filled in."""
    TOO_FAST = "too_fast"
    """The form came back sooner than anybody writes, or without the stamp it was given."""
    ADDRESS = "address"
    """Many stories came from one address within the hour."""
    SAME_TEXT = "same_text"
    """Many stories about one structure had the same words within the hour."""


@dataclass(frozen=True, slots=True)
class Address:
    """One structure that a story is about: one request."""

    request_id: str
    structure_code: str
    channels: frozenset[Channel] = frozenset()


@dataclass(frozen=True, slots=True)
class Texts:
    """The citizen's own words. They stay in this service's database."""

    title: str | None = None
    story: str | None = None
    suggestion: str | None = None

    def __bool__(self) -> bool:
        """Whether anything was written."""
        return any((self.title, self.story, self.suggestion))


@dataclass(frozen=True, slots=True)
class Opinion:
    """What may be counted of a story; it is the same for each structure addressed."""

    sentiment: Sentiment | None = None
    dimensions: Dimensions | None = None
    engagements: frozenset[str] = frozenset()
    procedure_code: str | None = None
    proposal: bool = False
    author: Author = Author.CITIZEN
    answer_expected: bool = True
    department: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """A story at the door. Its identifiers are chosen by the caller, so that the same import gives the same story."""

    feedback_id: str
    addresses: tuple[Address, ...]
    submitted_at: datetime
    accepted_at: datetime
    opinion: Opinion = field(default_factory=Opinion)
    texts: Texts = field(default_factory=Texts)
    code: bytes | None = None
    """The follow-up code; None where nobody will hold one."""
    once: Once | None = None
    """Who may ask for the same answer again."""
    published_at: datetime | None = None
    """When its words were made public elsewhere; None where they wait for a moderator here."""
    caller: str | None = field(default=None, repr=False)
    """Network address that it came from, where callers are counted. Stored nowhere: counted under a keyed hash."""
    trace: str | None = None
    """W3C trace context of the request that told it."""
    held_for: Hold | None = None
    """Set for a probable abuse: kept back until a moderator lets it through, no event tells of it before."""

    @property
    def held(self) -> bool:
        """Whether it is kept back."""
        return self.held_for is not None

    @property
    def moderation(self) -> Moderation:
        """What is decided about its words when it comes in."""
        if not self.texts:
            return Moderation.WORDLESS
        return Moderation.PUBLISHED if self.published_at else Moderation.PENDING


@dataclass(frozen=True, slots=True)
class AcceptedRequest:
    """One request as its author is told of it."""

    request_id: str
    structure_code: str
    answer_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The story is safe; this is what its author is told, now and at each retry."""

    feedback_id: str
    code: bytes | None
    submitted_at: datetime
    requests: tuple[AcceptedRequest, ...]
    fresh: bool
    """False where the story was there already."""
    held_for: Hold | None = None
    """Why it was kept back, if it was. Its author is not told."""


@dataclass(frozen=True, slots=True)
class TooMany:
    """Nothing was stored: too many stories came from this address within the hour."""

    retry_after_seconds: int


@dataclass(frozen=True, slots=True)
class UnknownStructures:
    """Nothing was stored: these positions of the list name no structure."""

    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KeyReused:
    """Nothing was stored: the key belongs to another body."""


@dataclass(frozen=True, slots=True)
class KeyWithdrawn:
    """Nothing was stored: the key belongs to a story that its author took back."""


Outcome = Accepted | TooMany | UnknownStructures | KeyReused | KeyWithdrawn


def submitted(submission: Submission, address: Address, deadline: Deadline | None) -> FeedbackSubmitted:
    """The event for one structure addressed."""
    opinion = submission.opinion
    return FeedbackSubmitted(
        request_id=address.request_id,
        feedback_id=submission.feedback_id,
        structure_code=address.structure_code,
        kind=FeedbackKind.EXPERIENCE,
        submitted_at=submission.submitted_at,
        author=opinion.author,
        channels=address.channels,
        sentiment=opinion.sentiment,
        dimensions=opinion.dimensions,
        procedure_code=opinion.procedure_code,
        engagements=opinion.engagements,
        proposal=opinion.proposal,
        answer_expected=opinion.answer_expected,
        answer_due_at=deadline.due_at if deadline else None,
        announced_at=deadline.announced_at if deadline else None,
        due_kind=DueKind.RULE if deadline else None,
        department=opinion.department,
        country=opinion.country,
    )


def withdrawn(
    request_id: str, structure_code: str, at: datetime, *, reason: WithdrawalReason = WithdrawalReason.AUTHOR
) -> FeedbackWithdrawn:
    """The event that takes one request out of the figures."""
    return FeedbackWithdrawn(request_id=request_id, structure_code=structure_code, reason=reason, withdrawn_at=at)
