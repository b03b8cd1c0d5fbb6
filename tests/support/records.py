"""Records as the bus delivers them."""

from datetime import UTC, datetime
from typing import Any

from spplus_chassis.records import Record
from spplus_contracts import Event, topic_of
from tests.support.builders import an_envelope

APPENDED_AT = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
"""The broker's default time of append, after everything that the builders tell."""


def a_record(event: Event, *, partition: int = 0, offset: int = 0, **changes: Any) -> Record:
    """The record of an event in binary mode on its canonical topic.

    `envelope={...}` changes attributes of the envelope (``id``, ``source`` ...), any other name a field of the record.
    """
    envelope = an_envelope(event, **changes.pop("envelope", {}))
    topic = topic_of(event.TYPE)
    fields: dict[str, Any] = {
        "topic": topic.name if topic is not None else event.TYPE,
        "partition": partition,
        "offset": offset,
        "timestamp": APPENDED_AT,
        "key": event.key.encode(),
        "value": event.to_json(),
        "headers": tuple(envelope.headers()),
    }
    return Record(**fields | changes)
