"""Showing refused data without what may be personal: texts, addresses, numbers of telephones.

Refused data may be anything. Shown is what stands in a field that the contract knows and looks like a code, an
instant or a count; everything else is masked, its size told.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from spplus_chassis.records import Record
from spplus_contracts import topic_of

_PLAIN: Final = re.compile(r"[A-Za-z0-9_.:|+/-]{1,128}")
_INSTANT: Final = re.compile(r"\d{4}-\d{2}(-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?)?")
_TELEPHONE: Final = re.compile(r"[+(]?\d[\d().:/_+-]{7,}")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,47}")
_LARGEST_COUNT: Final = 10_000_000
"""A count of a structure and month is smaller, a number of a telephone larger."""
_ENVELOPE: Final = frozenset(
    {"specversion", "id", "source", "type", "time", "subject", "datacontenttype", "traceparent", "data"}
)
_HEADERS: Final = frozenset({*(f"ce_{name}" for name in _ENVELOPE), "content-type", "traceparent"})


def shown_text(text: str) -> str:
    """A text that may be shown as it is, or how long it was."""
    if _INSTANT.fullmatch(text) or (_PLAIN.fullmatch(text) and not _TELEPHONE.fullmatch(text)):
        return text
    return f"[masked: {len(text)} characters]"


def shown_bytes(raw: bytes | None) -> str | None:
    """A key or a header that may be shown, or how long it was."""
    if raw is None:
        return None
    try:
        return shown_text(raw.decode()) if raw else ""
    except UnicodeDecodeError:
        return f"[masked: {len(raw)} bytes]"


def shown_headers(record: Record) -> list[tuple[str, str | None]]:
    """The headers, of which only those of CloudEvents are shown."""
    shown = []
    for name, raw in record.headers:
        known = name in _HEADERS or raw is None
        shown.append((_shown_name(name), shown_bytes(raw) if known else f"[masked: {len(raw or b'')} bytes]"))
    return shown


def shown_value(record: Record) -> Any:  # noqa: ANN401 - whatever JSON holds
    """The data as JSON, masked; a text where it is none."""
    if record.value is None:
        return None
    try:
        data = json.loads(record.value)
    except (ValueError, RecursionError):
        return f"[masked: {len(record.value)} bytes that are not JSON]"
    return _masked(data, known_fields(_type_of(record, data)))


@cache
def known_fields(event_type: str | None) -> frozenset[str]:
    """Names of the fields that the contract gives to an event of this type, those of its parts included."""
    topic = None if event_type is None else topic_of(event_type)
    if topic is None or topic.event is None:
        return frozenset()
    return _ENVELOPE | frozenset(_properties(topic.event.model_json_schema()))


def _properties(schema: Any) -> Iterator[str]:  # noqa: ANN401 - a JSON schema
    if isinstance(schema, dict):
        yield from schema.get("properties", ())
        for part in schema.values():
            yield from _properties(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _properties(part)


def _type_of(record: Record, data: object) -> str | None:
    """What the record says it is, in binary or structured mode."""
    for name, raw in record.headers:
        if name == "ce_type" and raw is not None:
            return raw.decode(errors="replace")
    said = data.get("type") if isinstance(data, dict) else None
    return said if isinstance(said, str) else None


def _masked(data: Any, known: frozenset[str]) -> Any:  # noqa: ANN401 - JSON in, JSON out
    if isinstance(data, dict):
        return {
            _shown_name(name): _masked(item, known) if name in known else _size_of(item) for name, item in data.items()
        }
    if isinstance(data, list):
        return [_masked(item, known) for item in data]
    if isinstance(data, str):
        return shown_text(data)
    if isinstance(data, int | float) and abs(data) > _LARGEST_COUNT:
        return "[masked: number]"
    return data


def _shown_name(name: str) -> str:
    return name if _NAME.fullmatch(name) else f"[masked: name of {len(name)} characters]"


def _size_of(data: object) -> str:
    return f"[masked: {len(data)} characters]" if isinstance(data, str) else f"[masked: {type(data).__name__}]"
