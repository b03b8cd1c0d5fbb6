"""FeedbackSubmitted: somebody gave an opinion about one structure."""

from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import Field, ValidationInfo, field_validator

from spplus_contracts.event import Part, Statement
from spplus_contracts.vocabulary import (
    MOST_ENGAGEMENTS,
    Author,
    Channel,
    Country,
    Department,
    DueKind,
    Engagement,
    FeedbackKind,
    Instant,
    Opaque,
    ProcedureCode,
    ScoreScale,
    Sentiment,
    SourceCode,
    StructureCode,
)

_BOUNDS = {ScoreScale.ZERO_TO_TEN: (0, 10), ScoreScale.ONE_TO_FIVE: (1, 5), ScoreScale.ONE_TO_FOUR: (1, 4)}


class Score(Part):
    """A mark with its scale."""

    scale: ScoreScale
    """The scale, lowest-highest."""
    value: Annotated[int, Field(ge=0, le=10)]
    """The mark, inside the scale."""

    @field_validator("value")
    @classmethod
    def _inside_scale(cls, value: int, info: ValidationInfo) -> int:
        low, high = _BOUNDS.get(info.data.get("scale", ScoreScale.UNKNOWN), (0, 10))
        if not low <= value <= high:
            message = f"must lie between {low} and {high}"
            raise ValueError(message)
        return value


class Dimensions(Part):
    """The five finer feelings, each optional."""

    accessibility: Sentiment | None = None
    """Was the service easy to reach?"""
    information: Sentiment | None = None
    """Was the information clear?"""
    relation: Sentiment | None = None
    """Was the welcome courteous?"""
    responsiveness: Sentiment | None = None
    """Was the service prompt?"""
    simplicity: Sentiment | None = None
    """Was it simple?"""


class FeedbackSubmitted(Statement):
    """An opinion about one structure. A story about three structures is three of these with one `feedback_id`."""

    TYPE: ClassVar[str] = "fr.spplus.feedback.submitted.v1"

    request_id: Opaque
    """What is counted; unique within `request_source`."""
    request_source: SourceCode | None = None
    """The source that knows the request; the event's own source if absent."""
    feedback_id: Opaque
    """The story this opinion belongs to."""
    structure_code: StructureCode
    """The structure addressed."""
    kind: FeedbackKind
    """Experience, survey answer or rating of a procedure."""
    submitted_at: Instant
    """When the opinion was given, UTC."""
    author: Author = Author.CITIZEN
    """Opinions of agents count in no figure."""
    channels: Annotated[frozenset[Channel], Field(max_length=32)] = frozenset()
    """How the citizen and the service met."""
    sentiment: Sentiment | None = None
    """The feeling, if given."""
    dimensions: Dimensions | None = None
    """Finer feelings, if given."""
    score: Score | None = None
    """The mark of a survey or a rating."""
    procedure_code: ProcedureCode | None = None
    """The procedure, as a code."""
    engagements: Annotated[frozenset[Engagement], Field(max_length=MOST_ENGAGEMENTS)] = frozenset()
    """The commitments that the opinion is about."""
    proposal: bool = False
    """True for an idea for improvement."""
    answer_expected: bool = True
    """Whether the author waits for an answer."""
    answer_due_at: Instant | None = None
    """Announced deadline: the instant until which an answer is on time (inclusive)."""
    announced_at: Instant | None = None
    """When the deadline was announced; goes with `answer_due_at`."""
    due_kind: DueKind | None = None
    """Where the deadline comes from."""
    department: Department | None = None
    """Department of the citizen."""
    country: Country | None = None
    """Country of the citizen."""

    @field_validator("announced_at")
    @classmethod
    def _announcement_has_deadline(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        if value is not None and info.data.get("answer_due_at", value) is None:
            message = "goes with answer_due_at"
            raise ValueError(message)
        return value

    @property
    def key(self) -> str:
        """The structure's code."""
        return self.structure_code

    @property
    def happened_at(self) -> datetime:
        """When the opinion was given, or the deadline announced if later."""
        return self.submitted_at if self.announced_at is None else max(self.submitted_at, self.announced_at)
