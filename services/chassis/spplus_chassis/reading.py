"""From a record of the bus to an event of the contracts, or a refusal that names the field."""

from datetime import datetime, timedelta

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from spplus_chassis.records import Record, Refused
from spplus_contracts import Envelope, EnvelopeError, Event, topic_of, unwrap

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far the clock of a source may run ahead of the broker's."""

_MOST_FAULTS = 10
"""Fields at fault that a refusal names."""


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
    check_clock(envelope, event, record)
    return envelope, event


def open_envelope(record: Record) -> tuple[Envelope, bytes]:
    """Envelope and JSON data of a record. Raises `Refused`."""
    try:
        return unwrap(record.headers, record.value)
    except EnvelopeError as error:
        errors = ((error.attribute, str(error)),) if error.attribute else ()
        raise Refused(error.reason, str(error), errors) from None


def check_clock(envelope: Envelope, event: Event, record: Record) -> None:
    """Refuse what happened after the broker had it: by the broker's clock, so that a replay judges the same."""
    late = said_too_early(envelope, event, record.timestamp + CLOCK_TOLERANCE)
    if late is not None:
        raise Refused("in_the_future", late)


def said_too_early(envelope: Envelope, event: Event, limit: datetime) -> str | None:
    """Names of the attributes that say when something happened and lie after the limit; none where all is well."""
    if envelope.time > limit:
        return "ce_time: lies after the broker received the event"
    happened_at = event.happened_at
    if happened_at is None or happened_at <= limit:
        return None
    names = [name for name in type(event).model_fields if getattr(event, name) == happened_at]
    return f"{', '.join(names)}: lies after the broker received the event"


def invalid(error: ValidationError) -> Refused:
    """The refusal that names each field at fault, without its value."""
    faults = error.errors(include_url=False, include_input=False)
    if faults[0]["type"] == "json_invalid":
        return Refused("bad_json", "the data is not JSON")
    errors = tuple((_field(fault), _rule(fault)) for fault in faults[:_MOST_FAULTS])
    return Refused("invalid_data", "; ".join(f"{field}: {rule}" for field, rule in errors), errors)


def _field(fault: ErrorDetails) -> str:
    names = [str(part) for part in fault["loc"]]
    if fault["type"].startswith("union_tag_"):  # the field that says of which form it is stands in the context only
        names.append(str(fault["ctx"]["discriminator"]).strip("'"))
    return ".".join(names)


def _rule(fault: ErrorDetails) -> str:
    # The only messages of pydantic that repeat what was sent.
    return "is not in the list" if fault["type"].startswith("union_tag_") else fault["msg"]
