"""RequestAnswered: what became of a request, one by one or as the totals of a month."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, RootModel, ValidationInfo, field_validator

from spplus_contracts.closed_list import OPEN
from spplus_contracts.event import Event, Statement
from spplus_contracts.vocabulary import (
    Channel,
    Count,
    Instant,
    Month,
    Opaque,
    Outcome,
    RequestKind,
    SourceCode,
    StructureCode,
    Version,
)

_ANSWERED_TYPE = "fr.spplus.request.answered.v1"

_NEEDED_BY = {
    "acknowledged_at": Outcome.ACKNOWLEDGED,
    "redirected_to": Outcome.REDIRECTED,
    "redirected_at": Outcome.REDIRECTED,
    "answered_at": Outcome.ANSWERED,
}
_ALLOWED_WITH = {
    "answer_due_at": {Outcome.ACKNOWLEDGED, Outcome.DELAY_NOTICE},
    "announced_at": {Outcome.ACKNOWLEDGED, Outcome.DELAY_NOTICE},
    "closed_at": {Outcome.CLOSED_UNANSWERED},
} | {name: {outcome} for name, outcome in _NEEDED_BY.items()}


class SingleAnswer(Statement):
    """What became of one request. `acknowledged` also opens a request that the platform did not know."""

    TYPE: ClassVar[str] = _ANSWERED_TYPE

    form: Literal["single"] = "single"
    """This statement is about one request."""
    request_id: Opaque
    """The request; unique within `request_source`."""
    request_source: SourceCode | None = None
    """The source that knows the request (``spplus`` for a story of the platform); the event's own if absent."""
    request_kind: RequestKind
    """What sort of request it is."""
    structure_code: StructureCode
    """The structure that speaks."""
    channel: Channel
    """How the statement reached the citizen."""
    received_at: Instant
    """When the request was received, UTC."""
    outcome: Outcome
    """What happened; the fields below belong to one outcome each."""
    acknowledged_at: Annotated[Instant | None, Field(validate_default=True)] = None
    """With `acknowledged`: when the receipt was acknowledged."""
    answer_due_at: Annotated[Instant | None, Field(validate_default=True)] = None
    """With `acknowledged` or `delay_notice`: announced deadline. An answer is judged against the first."""
    announced_at: Annotated[Instant | None, Field(validate_default=True)] = None
    """When the deadline was announced; goes with `answer_due_at`."""
    redirected_to: Annotated[StructureCode | None, Field(validate_default=True)] = None
    """With `redirected`: the structure that now holds the request."""
    redirected_at: Annotated[Instant | None, Field(validate_default=True)] = None
    """With `redirected`: when."""
    answered_at: Annotated[Instant | None, Field(validate_default=True)] = None
    """With `answered`: when the answer was sent."""
    closed_at: Instant | None = None
    """With `closed_unanswered`: when, if known."""

    @field_validator(*_ALLOWED_WITH)
    @classmethod
    def _belongs_to_outcome(cls, value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - several field types
        outcome = info.data.get("outcome", Outcome.UNKNOWN)
        name = str(info.field_name)
        if outcome is Outcome.UNKNOWN:
            return value
        if value is None and _NEEDED_BY.get(name) is outcome:
            message = f"is required when outcome is {outcome}"
            raise ValueError(message)
        if value is not None and outcome not in _ALLOWED_WITH[name]:
            message = f"does not belong to outcome {outcome}"
            raise ValueError(message)
        return value

    @field_validator("announced_at")
    @classmethod
    def _announcement_goes_with_deadline(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        if "answer_due_at" in info.data and (value is None) != (info.data["answer_due_at"] is None):
            message = "goes with answer_due_at"
            raise ValueError(message)
        return value

    @field_validator("acknowledged_at", "redirected_at", "answered_at", "closed_at")
    @classmethod
    def _not_before_receipt(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        received_at = info.data.get("received_at")
        if value is not None and received_at is not None and value < received_at:
            message = "lies before received_at"
            raise ValueError(message)
        return value

    @property
    def key(self) -> str:
        """The structure's code."""
        return self.structure_code

    @property
    def happened_at(self) -> datetime:
        """The latest thing this statement says has happened."""
        said = (
            self.received_at,
            self.acknowledged_at,
            self.announced_at,
            self.redirected_at,
            self.answered_at,
            self.closed_at,
        )
        return max(instant for instant in said if instant is not None)


class BulkAnswers(Event):
    """Totals of exactly one Europe/Paris month from a system that knows only totals.

    The slot (source, structure, request kind, month) holds the highest version: a corrected batch replaces it.
    For calls, `received` counts the calls that require an agent and `answered` those an agent handled.
    """

    TYPE: ClassVar[str] = _ANSWERED_TYPE

    form: Literal["bulk"] = "bulk"
    """This statement is about the totals of a month."""
    structure_code: StructureCode
    """The structure the totals are about."""
    request_kind: RequestKind
    """What sort of requests."""
    month: Month
    """The month, Europe/Paris."""
    received: Count
    """Requests received in the month."""
    answered: Count
    """Requests answered in the month."""
    with_deadline: Count | None = None
    """Requests whose announced deadline fell in the month."""
    on_time: Annotated[Count | None, Field(validate_default=True)] = None
    """Of those, answered on or before it."""
    version: Version = 1
    """A corrected batch carries a higher one."""
    retracted: bool = False
    """True takes the slot back."""

    @field_validator("answered")
    @classmethod
    def _calls_answered_were_received(cls, value: int, info: ValidationInfo) -> int:
        received = info.data.get("received")
        if info.data.get("request_kind") is RequestKind.CALL and received is not None and value > received:
            message = "is more than received"
            raise ValueError(message)
        return value

    @field_validator("on_time")
    @classmethod
    def _on_time_were_due(cls, value: int | None, info: ValidationInfo) -> int | None:
        due = info.data.get("with_deadline")
        if (value is None) != (due is None) and "with_deadline" in info.data:
            message = "goes with with_deadline"
            raise ValueError(message)
        if value is not None and due is not None and value > due:
            message = "is more than with_deadline"
            raise ValueError(message)
        return value

    @property
    def key(self) -> str:
        """The structure's code."""
        return self.structure_code

    @property
    def happened_at(self) -> None:
        """Totals carry no instant; a month is checked by the reader against its own rules."""


class RequestAnswered(RootModel[Annotated[SingleAnswer | BulkAnswers, Field(discriminator="form")]]):
    """What became of one request (`single`) or of a month's requests (`bulk`)."""

    TYPE: ClassVar[str] = _ANSWERED_TYPE

    @classmethod
    def read_json(cls, data: bytes) -> SingleAnswer | BulkAnswers:
        """Read JSON that another version may have written. Raises `pydantic.ValidationError`."""
        read: Self = cls.__pydantic_validator__.validate_json(data, strict=True, extra="ignore", context=OPEN)
        return read.root

    @classmethod
    def check_json(cls, data: bytes) -> SingleAnswer | BulkAnswers:
        """Take JSON from a source at the gate: extra fields dropped, values of closed lists checked."""
        checked: Self = cls.__pydantic_validator__.validate_json(data, strict=True, extra="ignore")
        return checked.root

    @classmethod
    def read(cls, data: dict[str, Any]) -> SingleAnswer | BulkAnswers:
        """Read data that another version may have written. Raises `pydantic.ValidationError`."""
        return cls.model_validate(data, extra="ignore", context=OPEN).root

    @classmethod
    def of(cls, answer: SingleAnswer | BulkAnswers) -> Self:
        """Wrap one of the two forms."""
        return cls(root=answer)
