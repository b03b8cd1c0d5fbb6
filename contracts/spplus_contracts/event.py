"""What all events share: closed when written, open when read, immutable."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field

from spplus_contracts.closed_list import OPEN
from spplus_contracts.vocabulary import Opaque, Version


class Part(BaseModel):
    """A value object inside an event."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)


class Event(Part):
    """Base of the data of every event.

    Build with the constructor (closed: an unknown field is an error), read with `read` or `read_json` (open: an
    unknown field is dropped, an unknown value of a closed list becomes ``unknown``).
    """

    TYPE: ClassVar[str]
    """CloudEvents ``type``."""

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """Read data that another version of this contract may have written. Raises `pydantic.ValidationError`."""
        return cls.model_validate(data, extra="ignore", context=OPEN)

    @classmethod
    def read_json(cls, data: bytes) -> Self:
        """Read JSON that another version of this contract may have written. Raises `pydantic.ValidationError`.

        Strict as the published schema: ``true`` or ``"1"`` is no number, a number is no instant.
        """
        # The validator itself: `model_validate_json` costs a seventh more for arguments that are not given.
        event: Self = cls.__pydantic_validator__.validate_json(data, strict=True, extra="ignore", context=OPEN)
        return event

    @classmethod
    def check_json(cls, data: bytes) -> Self:
        """Take JSON from a source at the gate: extra fields dropped, values of closed lists checked."""
        event: Self = cls.__pydantic_validator__.validate_json(data, strict=True, extra="ignore")
        return event

    def to_json(self) -> bytes:
        """The data as JSON; absent fields are left out, times end with Z."""
        return self.__pydantic_serializer__.to_json(self, exclude_none=True)

    @property
    def key(self) -> str:
        """The Kafka key."""
        raise NotImplementedError

    @property
    def happened_at(self) -> datetime | None:
        """The latest instant that this event says *has* happened; a deadline is a promise, not a happening."""
        raise NotImplementedError


class Statement(Event):
    """What one source said once; a correction is the same statement with a higher version."""

    statement_id: Opaque | None = Field(default=None)
    """Identity of the statement within its source and type; the event's own id if absent."""
    version: Version = 1
    """A correction carries a higher one; the highest wins whatever the order of arrival."""
    retracted: bool = False
    """True takes the statement back."""


def canonical_json(data: Mapping[str, Any]) -> str:
    """JSON with sorted keys and no spaces: equal data gives equal text, so it can be hashed and compared."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
