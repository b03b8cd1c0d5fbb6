"""CloudEvents 1.0 on Kafka: binary mode is written, binary and structured mode are read.

Source: the CloudEvents specification 1.0.2 and its Kafka protocol binding. Headers are mapped here rather than by
the SDK, which costs more than the validation of the event; the SDK is the judge in the tests.
"""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

STRUCTURED = "application/cloudevents+json"
JSON = "application/json"
_MAX_LENGTH = 256
_PLAIN = ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "content-type", "ce_subject"]
"""Headers in the order in which `Envelope.headers` writes them."""
_TRACED = [*_PLAIN, "traceparent"]
_MAX_ORIGINS = 10_000
_ORIGINS: dict[tuple[bytes | None, bytes | None], tuple[str, str]] = {}
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")

Headers = Iterable[tuple[str, bytes | None]]


class EnvelopeError(ValueError):
    """The envelope cannot be read. `reason` is a closed code; `attribute` is at fault, and the message names it."""

    def __init__(self, reason: str, message: str, attribute: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.attribute = attribute


class Envelope(NamedTuple):
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
            ("ce_specversion", b"1.0"),
            ("ce_id", self.id.encode()),
            ("ce_source", _encoded(self.source)),
            ("ce_type", _encoded(self.type)),
            ("ce_time", instant_text(self.time).encode()),
            ("content-type", b"application/json"),
        ]
        if self.subject is not None:
            pairs.append(("ce_subject", self.subject.encode()))
        if self.traceparent is not None:
            pairs.append(("traceparent", self.traceparent.encode()))
        return pairs


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
    attributes = {name: item for name, item in event.items() if isinstance(item, str)}
    return _envelope(attributes, attributes), _data(event)


def _data(event: Mapping[str, Any]) -> bytes:
    """The data, which stand in the event as JSON or, as the specification allows too, as base64."""
    if "data" in event:
        try:
            return json.dumps(event["data"]).encode()
        except RecursionError:
            raise EnvelopeError("bad_json", "data is nested too deeply", "data") from None
    encoded = event.get("data_base64")
    if not isinstance(encoded, str):
        raise EnvelopeError("missing_attribute", "data is missing", "data")
    try:
        return base64.b64decode(encoded, validate=True)
    except ValueError:
        raise EnvelopeError("bad_json", "data_base64 is not base64", "data_base64") from None


def structured(envelope: Envelope, data: bytes) -> bytes:
    """An event in structured mode, as ``POST /v1/events`` takes it."""
    attributes = {
        "specversion": "1.0",
        "id": envelope.id,
        "source": envelope.source,
        "type": envelope.type,
        "time": instant_text(envelope.time),
        "datacontenttype": JSON,
        "subject": envelope.subject,
        "traceparent": envelope.traceparent,
        "data": json.loads(data),
    }
    return json.dumps({name: value for name, value in attributes.items() if value is not None}).encode()


@lru_cache(maxsize=_MAX_ORIGINS)
def _encoded(text: str) -> bytes:
    """Sources and types, which come again and again."""
    return text.encode()


def _plain(headers: list[tuple[str, bytes | None]]) -> Envelope | None:
    """The envelope of a sound record as our relay writes it: nearly every one. None leaves it to the slower way."""
    names = [name for name, _ in headers]
    if names not in (_PLAIN, _TRACED):
        return None
    specversion, event_id, source, event_type, time, content_type, subject, *trace = [value for _, value in headers]
    if specversion != b"1.0" or content_type != b"application/json" or None in {event_id, time, subject}:
        return None
    origin = _ORIGINS.get((source, event_type)) or _origin(source, event_type)
    try:
        traceparent = _trace(str(trace[0] or b"", "ascii")) if trace else None
        texts = str(event_id, "ascii"), str(subject, "ascii")  # type: ignore[arg-type] # none is None
        instant = datetime.fromisoformat(str(time, "ascii"))  # type: ignore[arg-type] # the same
    except ValueError:
        return None
    said = "".join(texts)
    sound = texts[0] and len(said) <= _MAX_LENGTH and said.isprintable() and " " not in said and "@" not in said
    if not sound or origin is None or instant.tzinfo is not UTC or (trace and traceparent is None):
        return None
    return Envelope(texts[0], origin[0], origin[1], instant, texts[1], traceparent)


def _origin(source: bytes | None, event_type: bytes | None) -> tuple[str, str] | None:
    """Source and type as texts, remembered: a topic knows few of them. None where they need the slower way."""
    if not source or not event_type or len(_ORIGINS) >= _MAX_ORIGINS:
        return None
    try:
        texts = str(source, "ascii"), str(event_type, "ascii")
    except ValueError:
        return None
    said = "".join(texts)
    if len(said) > _MAX_LENGTH or not said.isprintable() or " " in said or "@" in said:
        return None
    _ORIGINS[source, event_type] = texts
    return texts


def instant_text(instant: datetime) -> str:
    """An instant as the events write it, UTC."""
    text = (instant if instant.tzinfo is UTC else instant.astimezone(UTC)).isoformat()
    return text[:-6] + "Z"


def _texts(headers: Headers) -> dict[str, str]:
    texts = {}
    for name, value in headers:
        wanted = name.startswith("ce_") or name in {"content-type", "traceparent"}
        if not wanted:
            continue
        if value is None:
            raise EnvelopeError("null_header", f"header {name} is null", name)
        try:
            texts[name] = value.decode()
        except UnicodeDecodeError:
            raise EnvelopeError("bad_header", f"header {name} is not UTF-8", name) from None
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
            raise EnvelopeError("missing_attribute", f"{name} is missing", name)
    if attributes.get("specversion") != "1.0":
        raise EnvelopeError("bad_header", "specversion must be 1.0", "specversion")
    for name in ("id", "source", "type", "subject"):
        _check_text(name, attributes.get(name, ""))
    traceparent = extensions.get("traceparent") or attributes.get("traceparent")
    return Envelope(
        id=attributes["id"],
        source=attributes["source"],
        type=attributes["type"],
        time=_instant(attributes["time"]),
        subject=attributes.get("subject"),
        traceparent=_trace(traceparent or ""),
    )


def is_traceparent(text: str) -> bool:
    """Whether it is well made, as the W3C recommendation says."""
    return _TRACEPARENT.fullmatch(text) is not None


def _trace(text: str) -> str | None:
    """A malformed trace is dropped, as the W3C recommendation asks: it is no fault of the event."""
    return text if is_traceparent(text) else None


def _check_text(name: str, text: str) -> None:
    """No control characters, as CloudEvents asks; an address or a sentence is no identifier."""
    if len(text) > _MAX_LENGTH:
        raise EnvelopeError("bad_header", f"{name} is longer than {_MAX_LENGTH} characters", name)
    if not text.isprintable() or " " in text or "@" in text:
        raise EnvelopeError("bad_header", f"{name} holds a space, an @ or a control character", name)


def _instant(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
        in_utc = time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise EnvelopeError("bad_header", "time is not an RFC 3339 instant", "time") from None
    if time.tzinfo is None:
        raise EnvelopeError("bad_header", "time has no offset", "time")
    return in_utc
