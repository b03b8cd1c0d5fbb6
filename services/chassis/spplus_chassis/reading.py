"""From a record of the bus to an event of the contracts, or a refusal that names the field."""

from datetime import timedelta

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from spplus_chassis.records import Record, Refused
from spplus_contracts import Envelope, EnvelopeError, Event, topic_of, unwrap

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far the clock of a source may run ahead of the broker's."""


def read_event(record: Record) -> tuple[Envelope, Event]:
    """Envelope and data of a record on a canonical topic. Raises `Refused`."""
    envelope, data = open_envelope(record)
    topic = topic_of(envelope.type)
    if topic is None or topic.event is None:
        raise Refused("unknown_type", "the type is not in the registry")
    if topic.name != record.topic:
        raise Refused("wrong_topic", f"events of this type belong to {topic.name}")
    try:
        event = topic.event.read_json(data)
    except ValidationError as error:
        raise invalid(error) from None
    check_clock(event, record)
    return envelope, event


def open_envelope(record: Record) -> tuple[Envelope, bytes]:
    """Envelope and JSON data of a record. Raises `Refused`."""
    try:
        return unwrap(record.headers, record.value)
    except EnvelopeError as error:
        raise Refused(error.reason, str(error)) from None


def check_clock(event: Event, record: Record) -> None:
    """Refuse what happened after the broker had it: by the broker's clock, so that a replay judges the same."""
    if event.happened_at is not None and event.happened_at > record.timestamp + CLOCK_TOLERANCE:
        raise Refused("in_the_future", "the event happened after the broker received it")


def invalid(error: ValidationError) -> Refused:
    """The refusal that names each field at fault, without its value."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    if faults[0]["type"] == "json_invalid":
        return Refused("bad_json", "the data is not JSON")
    named = (f"{'.'.join(str(part) for part in fault['loc'])}: {_rule(fault)}" for fault in faults[:10])
    return Refused("invalid_data", "; ".join(named))


def _rule(fault: ErrorDetails) -> str:
    # The only message of pydantic that repeats what was sent.
    return "is not in the list" if fault["type"] == "union_tag_invalid" else fault["msg"]
