"""The published JSON Schemas: the closed one that writers keep, and the open one that readers apply.

The open schema follows from the closed one by one rule, which is what a reader of ours does: an unknown field is
allowed (and dropped), and a closed list of values is any short text (a newer value is read as ``unknown``).
"""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from spplus_contracts.closed_list import LONGEST_VALUE
from spplus_contracts.topics import EventClass

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Plain(GenerateJsonSchema):
    """Without the titles and the OpenAPI keyword that pydantic adds."""

    def field_title_should_be_set(self, _schema: object) -> bool:
        return False


def writer_schema(event: EventClass) -> Schema:
    """What a writer may write: no other field, no other value."""
    schema = event.model_json_schema(schema_generator=_Plain)
    _tidy(schema)
    return {"$schema": DIALECT, "$id": f"urn:spplus:{event.TYPE}:writer", **schema}


def reader_schema(event: EventClass) -> Schema:
    """What a reader of this version reads: also what a later minor version writes."""
    schema = _opened(writer_schema(event))
    return {**schema, "$id": f"urn:spplus:{event.TYPE}:reader"}


def _tidy(node: Any) -> None:  # noqa: ANN401 - any JSON
    """A constant field tells the members of a union apart, so it must be there."""
    if isinstance(node, dict):
        node.pop("discriminator", None)
        constants = [name for name, field in node.get("properties", {}).items() if "const" in field]
        if constants:
            node["required"] = constants + node["required"]
        for inner in node.values():
            _tidy(inner)
    elif isinstance(node, list):
        for inner in node:
            _tidy(inner)


def _opened(node: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(node, list):
        return [_opened(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    kept = {name: _opened(inner) for name, inner in node.items() if name not in {"additionalProperties", "enum"}}
    return {**kept, "maxLength": LONGEST_VALUE} if "enum" in node else kept
