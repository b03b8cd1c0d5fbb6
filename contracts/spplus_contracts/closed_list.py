"""Closed lists: writers may only say a listed value, readers take a newer one as ``UNKNOWN`` and go on."""

from enum import StrEnum
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

OPEN = {"open": True}
"""Validation context of a reader."""

LONGEST_VALUE = 64
"""Longest value that a list may ever hold, in characters."""


class ClosedList(StrEnum):
    """Base of every list of values in an event.

    A member ``UNKNOWN = "unknown"`` stands for a value that a later minor version added. It can only be read, never
    written: it is no part of the published schema.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: type[Any], _handler: GetCoreSchemaHandler) -> CoreSchema:
        known = [member for member in cls if member.value != "unknown"]

        def newer_value(_value: str, info: ValidationInfo) -> "ClosedList":
            if info.context and info.context.get("open"):
                return cls("unknown")
            message = "not in the list"
            raise ValueError(message)

        return core_schema.union_schema(
            [
                core_schema.literal_schema(known),
                core_schema.with_info_after_validator_function(
                    newer_value, core_schema.str_schema(max_length=LONGEST_VALUE)
                ),
            ],
            mode="left_to_right",
            custom_error_type="closed_list",
            custom_error_message=f"must be one of: {', '.join(member.value for member in known)}",
            serialization=core_schema.to_string_ser_schema(),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "enum": [member.value for member in cls if member.value != "unknown"]}
