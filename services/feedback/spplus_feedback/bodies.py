"""What clients may send and are told, as closed models: an unknown field is refused by its name."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from spplus_contracts.feedback import Dimensions
from spplus_contracts.vocabulary import (
    Author,
    Channel,
    Country,
    Department,
    Engagement,
    Instant,
    Opaque,
    ProcedureCode,
    Sentiment,
    StructureCode,
)
from spplus_feedback.stories import MAX_STRUCTURES

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def _no_control_characters(text: str | None) -> str | None:
    if text is not None and _CONTROL.search(text):
        message = "holds control characters"
        raise ValueError(message)
    return text


def _empty_is_absent(value: Any) -> Any:  # noqa: ANN401 - any JSON
    return None if isinstance(value, str) and not value.strip() else value


def _distinct(codes: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(codes)) != len(codes):
        message = "names a structure twice"
        raise ValueError(message)
    return codes


_absent = BeforeValidator(_empty_is_absent)
_clean = AfterValidator(_no_control_characters)
Title = Annotated[str | None, Field(max_length=200), _absent, _clean]
Story = Annotated[str | None, Field(max_length=10_000), _absent, _clean]
Suggestion = Annotated[str | None, Field(max_length=5_000), _absent, _clean]
AnswerText = Annotated[str | None, Field(max_length=10_000), _absent, _clean]


class Body(BaseModel):
    """Closed and immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class StoryBody(Body):
    """One story about one to three structures. Its texts never leave this service's database."""

    structure_codes: Annotated[
        tuple[StructureCode, ...], Field(min_length=1, max_length=MAX_STRUCTURES), AfterValidator(_distinct)
    ]
    """The structures that the story is about."""
    author: Author = Author.CITIZEN
    """Who speaks; opinions of agents count in no figure."""
    channels: frozenset[Channel] = frozenset()
    """How the citizen and the service met."""
    sentiment: Sentiment | None = None
    """The feeling."""
    dimensions: Dimensions | None = None
    """Finer feelings."""
    engagements: Annotated[frozenset[Engagement], Field(max_length=17)] = frozenset()
    """The commitments that the story is about."""
    procedure_code: ProcedureCode | None = None
    """What the citizen was trying to do, as a code."""
    proposal: bool = False
    """True for an idea for improvement."""
    answer_expected: bool = True
    """Whether the author waits for an answer."""
    title: Title = None
    """A line that sums the story up."""
    story: Story = None
    """What happened."""
    suggestion: Suggestion = None
    """What could be better."""
    submitted_at: Instant | None = None
    """When the opinion was given; now, if absent."""
    department: Department | None = None
    """Department of the citizen."""
    country: Country | None = None
    """Country of the citizen."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.sentiment is None and self.story is None and self.suggestion is None:
            message = "give at least a sentiment, a story or a suggestion"
            raise ValueError(message)
        return self


class Links(Body):
    """Where to go on."""

    follow: str
    """API address of the story; holds the follow-up code."""
    page: str
    """Page of the story, for people; holds the follow-up code."""


class AcceptedRequestBody(Body):
    """One request made by the story."""

    request_id: str
    """What is counted and waits for an answer."""
    structure_code: str
    """The structure addressed."""
    answer_due_at: datetime | None = None
    """By when the structure answers, if it announced a delay; UTC, inclusive."""


class AcceptedBody(Body):
    """The story is safe."""

    feedback_id: str
    """The story."""
    code: str
    """The follow-up code: whoever holds it may read and withdraw the story. Shown to its author only."""
    submitted_at: datetime
    """When the opinion was given, UTC."""
    requests: tuple[AcceptedRequestBody, ...]
    """One per structure addressed."""
    links: Links
    """Where to go on."""


class _AnswerBase(Body):
    statement_id: Opaque | None = None
    """Identity of this statement, chosen by the client; derived from the body if absent. Said twice, it counts once."""
    channel: Channel = Channel.ONLINE_ACCOUNT
    """How the statement reaches the citizen."""


class AnsweredBody(_AnswerBase):
    """The answer was given."""

    outcome: Literal["answered"]
    """What happened."""
    text: AnswerText = None
    """The answer, shown to the author of the story and kept here only."""
    answered_at: Instant | None = None
    """When; now, if absent."""


class AcknowledgedBody(_AnswerBase):
    """Receipt was acknowledged."""

    outcome: Literal["acknowledged"]
    """What happened."""
    acknowledged_at: Instant | None = None
    """When; now, if absent."""
    answer_due_on: date | None = None
    """Day by the end of which (24:00, Europe/Paris) the answer is promised."""


class DelayNoticeBody(_AnswerBase):
    """The answer will come later than promised."""

    outcome: Literal["delay_notice"]
    """What happened."""
    announced_at: Instant | None = None
    """When the notice was given; now, if absent."""
    answer_due_on: date
    """Day by the end of which (24:00, Europe/Paris) the answer is now promised."""


class RedirectedBody(_AnswerBase):
    """Another structure takes over."""

    outcome: Literal["redirected"]
    """What happened."""
    redirected_to: StructureCode
    """The structure that holds the request from now on."""
    redirected_at: Instant | None = None
    """When; now, if absent."""


class ClosedBody(_AnswerBase):
    """No answer will come."""

    outcome: Literal["closed_unanswered"]
    """What happened."""
    closed_at: Instant | None = None
    """When; now, if absent."""


AnswerBody = Annotated[
    AnsweredBody | AcknowledgedBody | DelayNoticeBody | RedirectedBody | ClosedBody, Field(discriminator="outcome")
]


class AnswerTaken(Body):
    """The statement is safe."""

    request_id: str
    """The request."""
    statement_id: str
    """The statement."""
    status: Literal["waiting", "answered", "closed"]
    """Where the request stands now."""
