"""CloudEvents 1.0 on Kafka: binary mode is written, binary and structured mode are read.

Source: the CloudEvents specification 1.0.2 and its Kafka protocol binding. Headers are mapped here rather than by
the SDK, which costs more than the validation of the event; the SDK is the judge in the tests.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

STRUCTURED = "application/cloudevents+json"
JSON = "application/json"
_MAX_LENGTH = 256
_PLAIN = frozenset({"ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject", "content-type"})
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")

Headers = Iterable[tuple[str, bytes | None]]


class EnvelopeError(ValueError):
    """The envelope cannot be read. `reason` is a closed code, the message names the attribute at fault."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Envelope:
    """Context attributes of one event."""

    id: str
    """Unique within `source`."""
    source: str
    """Registered code of the system that emitted it."""
    type: str
    """``fr.spplus.<noun>.<verb>.v<major>``."""
    time: datetime
    """When it was emitted, UTC."""
    subject: str | None = None
    """What it is about; the Kafka key of our own events."""
    traceparent: str | None = None
    """W3C trace context."""

    def headers(self) -> list[tuple[str, bytes]]:
        """Headers of Kafka binary mode."""
        pairs = [
            ("ce_specversion", "1.0"),
            ("ce_id", self.id),
            ("ce_source", self.source),
            ("ce_type", self.type),
            ("ce_time", _text(self.time)),
            ("content-type", JSON),
        ]
        if self.subject is not None:
            pairs.append(("ce_subject", self.subject))
        if self.traceparent is not None:
            pairs.append(("traceparent", self.traceparent))
        return [(name, value.encode()) for name, value in pairs]


def unwrap(headers: Headers, value: bytes | None) -> tuple[Envelope, bytes]:
    """Envelope and JSON data of a Kafka record in binary or structured mode.

    Raises `EnvelopeError` with reason ``tombstone``, ``null_header``, ``bad_header``, ``missing_attribute`` or
    ``bad_json``.
    """
    if value is None:
        raise EnvelopeError("tombstone", "the record has no value")
    pairs = list(headers)
    plain = _plain(pairs)
    if plain is not None:
        return plain, value
    texts = _texts(pairs)
    if texts.get("content-type", "").lower().startswith(STRUCTURED):
        return open_structured(_parsed(value))
    return _envelope({name[3:]: text for name, text in texts.items() if name.startswith("ce_")}, texts), value


def open_structured(event: Mapping[str, Any]) -> tuple[Envelope, bytes]:
    """Envelope and JSON data of an event in structured mode. Raises `EnvelopeError`."""
    if "data" not in event:
        raise EnvelopeError("missing_attribute", "data is missing")
    attributes = {name: item for name, item in event.items() if isinstance(item, str)}
    return _envelope(attributes, attributes), json.dumps(event["data"]).encode()


def structured(envelope: Envelope, data: bytes) -> bytes:
    """An event in structured mode, as ``POST /v1/events`` takes it."""
    attributes = {
        "specversion": "1.0",
        "id": envelope.id,
        "source": envelope.source,
        "type": envelope.type,
        "time": _text(envelope.time),
        "datacontenttype": JSON,
        "subject": envelope.subject,
        "traceparent": envelope.traceparent,
        "data": json.loads(data),
    }
    return json.dumps({name: value for name, value in attributes.items() if value is not None}).encode()


def _plain(headers: list[tuple[str, bytes | None]]) -> Envelope | None:
    """The envelope of a sound record as our relay writes it: nearly every one. None leaves it to the slower way."""
    found = dict(headers)
    if len(found) != len(headers) or not found.keys() <= _PLAIN or None in found.values():
        return None
    try:
        texts = {name: str(value, "utf-8") for name, value in found.items() if value is not None}
        time = datetime.fromisoformat(texts["ce_time"])
        event_id, source, event_type = texts["ce_id"], texts["ce_source"], texts["ce_type"]
    except (KeyError, ValueError):
        return None
    subject = texts.get("ce_subject")
    said = f"{event_id}{source}{event_type}{subject or ''}"
    sound = len(said) <= _MAX_LENGTH and said.isprintable() and " " not in said and "@" not in said
    binary = texts.get("content-type") == JSON and texts.get("ce_specversion") == "1.0"
    if not (sound and binary and event_id and source and event_type and time.tzinfo is UTC):
        return None
    return Envelope(event_id, source, event_type, time, subject)


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _texts(headers: Headers) -> dict[str, str]:
    texts = {}
    for name, value in headers:
        wanted = name.startswith("ce_") or name in {"content-type", "traceparent"}
        if not wanted:
            continue
        if value is None:
            raise EnvelopeError("null_header", f"header {name} is null")
        try:
            texts[name] = value.decode()
        except UnicodeDecodeError:
            raise EnvelopeError("bad_header", f"header {name} is not UTF-8") from None
    return texts


def _parsed(value: bytes) -> dict[str, Any]:
    try:
        event = json.loads(value)
    except (ValueError, RecursionError):
        raise EnvelopeError("bad_json", "the value is not JSON") from None
    if not isinstance(event, dict):
        raise EnvelopeError("bad_json", "the value is not a JSON object")
    return event


def _envelope(attributes: Mapping[str, str], extensions: Mapping[str, str]) -> Envelope:
    for name in ("id", "source", "type", "time"):
        if not attributes.get(name):
            raise EnvelopeError("missing_attribute", f"{name} is missing")
    if attributes.get("specversion") != "1.0":
        raise EnvelopeError("bad_header", "specversion must be 1.0")
    for name in ("id", "source", "type", "subject"):
        _check_text(name, attributes.get(name, ""))
    traceparent = extensions.get("traceparent") or attributes.get("traceparent")
    return Envelope(
        id=attributes["id"],
        source=attributes["source"],
        type=attributes["type"],
        time=_instant(attributes["time"]),
        subject=attributes.get("subject"),
        # A malformed trace is dropped, as the W3C recommendation asks: it is no fault of the event.
        traceparent=traceparent if traceparent and _TRACEPARENT.fullmatch(traceparent) else None,
    )


def _check_text(name: str, text: str) -> None:
    """No control characters, as CloudEvents asks; an address or a sentence is no identifier."""
    if len(text) > _MAX_LENGTH:
        raise EnvelopeError("bad_header", f"{name} is longer than {_MAX_LENGTH} characters")
    if not text.isprintable() or " " in text or "@" in text:
        raise EnvelopeError("bad_header", f"{name} holds a space, an @ or a control character")


def _instant(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
        in_utc = time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise EnvelopeError("bad_header", "time is not an RFC 3339 instant") from None
    if time.tzinfo is None:
        raise EnvelopeError("bad_header", "time has no offset")
    return in_utc
