"""A call with CloudEvents, taken apart: one bad event is told from its neighbours wherever its end can be found.

Source: CloudEvents 1.0.2, HTTP protocol binding and JSON event format.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from spplus_contracts import Envelope, EnvelopeError, unwrap
from spplus_contracts.envelope import open_structured

MOST_EVENTS: Final = 1_000
"""Events of one call."""
STRUCTURED: Final = "application/cloudevents+json"
BATCHED: Final = "application/cloudevents-batch+json"
BINARY: Final = "application/json"

_LONGEST_ID: Final = 256
_SPACE: Final = re.compile(r"[ \t\n\r]*")
# Possessive, so that no text makes the search go back; a quote that is never closed is found at once.
_MARK: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["\[\]{},]', re.DOTALL)
_NOT_JSON: Final = "is not JSON"

Headers = Sequence[tuple[bytes, bytes]]


class UnreadableCall(ValueError):  # noqa: N818 - a decision about what was sent
    """Nothing of the call can be told apart; the message says why."""


class TooManyEvents(UnreadableCall):
    """More than `MOST_EVENTS`."""


@dataclass(frozen=True, slots=True)
class Said:
    """One event of a call, or why it cannot be read."""

    event_id: str | None
    """As sent, where it is a text that can be shown."""
    envelope: Envelope | None
    data: bytes
    fault: EnvelopeError | None


def read_structured(body: bytes) -> Said:
    """The one event of a call in structured mode."""
    faults: list[str] = []
    try:
        value = _decoder(faults).decode(body.decode())
    except (ValueError, RecursionError):
        return _broken(_NOT_JSON)
    return _said(value, faults)


def read_batch(body: bytes) -> Iterator[Said]:
    """The events of a call in batched mode, one by one. Raises `UnreadableCall` where the array breaks off."""
    try:
        text, sound = body.decode(), True
    except UnicodeDecodeError:
        text, sound = body.decode(errors="surrogateescape"), False
    return _elements(text, sound=sound)


def read_binary(headers: Headers, body: bytes) -> Said:
    """The one event of a call in binary mode."""
    try:
        pairs = _attributes(headers)
        envelope, data = unwrap(pairs, body)
    except EnvelopeError as fault:
        return Said(None, None, b"", fault)
    faults: list[str] = []
    try:
        _decoder(faults).decode(body.decode())
    except (ValueError, RecursionError):
        faults.append(_NOT_JSON)
    if faults:
        return Said(envelope.id, None, b"", _bad_json(faults[0]))
    return Said(envelope.id, envelope, data, None)


def _elements(text: str, *, sound: bool) -> Iterator[Said]:
    faults: list[str] = []
    decode = _decoder(faults).raw_decode
    at = _after_space(text, 0)
    if text[at : at + 1] != "[":
        raise UnreadableCall("a batch is a JSON array of events")
    at = _after_space(text, at + 1)
    if text[at : at + 1] == "]":
        _expect_end(text, at + 1)
        return
    for _ in range(MOST_EVENTS):
        try:
            value, end = decode(text, at)
            said = _said(value, faults) if sound or _is_text(text[at:end]) else _broken("is not UTF-8")
        except (ValueError, RecursionError):
            end, said = _end_of_element(text, at), _broken(_NOT_JSON)
        faults.clear()
        end = _after_space(text, end)
        follower = text[end : end + 1]
        if follower not in {",", "]"}:
            end, said = _end_of_element(text, at), _broken(_NOT_JSON)
            follower = text[end]
        yield said
        if follower == "]":
            _expect_end(text, end + 1)
            return
        at = _after_space(text, end + 1)
    raise TooManyEvents(f"a call may hold {MOST_EVENTS} events")


def _end_of_element(text: str, at: int) -> int:
    """Where the comma or bracket stands that ends the broken element, found by its brackets alone."""
    depth = 0
    for mark in _MARK.finditer(text, at):
        sign = mark.group()
        if sign == '"':
            break
        if depth == 0 and sign in {",", "]"}:
            return mark.start()
        depth += 1 if sign in {"[", "{"} else -1 if sign in {"]", "}"} else 0
        if depth < 0:
            break
    raise UnreadableCall("the array of events breaks off: a bracket or a quote is missing")


def _said(value: object, faults: list[str]) -> Said:
    if not isinstance(value, dict):
        return _broken("is no JSON object")
    event_id = value.get("id")
    shown = event_id if isinstance(event_id, str) and len(event_id) <= _LONGEST_ID and event_id.isprintable() else None
    if faults:
        return Said(shown, None, b"", _bad_json(faults[0]))
    try:
        envelope, data = open_structured(value)
    except EnvelopeError as fault:
        return Said(shown, None, b"", fault)
    return Said(shown, envelope, data, None)


def _broken(rule: str) -> Said:
    return Said(None, None, b"", _bad_json(rule))


def _bad_json(rule: str) -> EnvelopeError:
    return EnvelopeError("bad_json", f"the event {rule}")


def _decoder(faults: list[str]) -> json.JSONDecoder:
    """Reads JSON as it is meant: what Python takes beside is noted as a fault and read on."""

    def of_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(pairs)
        if len(fields) != len(pairs):
            faults.append("holds a name twice")
        return fields

    def of_constant(_name: str) -> None:
        faults.append("holds a number that JSON does not know")

    return json.JSONDecoder(object_pairs_hook=of_pairs, parse_constant=of_constant)


def _attributes(headers: Headers) -> list[tuple[str, bytes | None]]:
    """Headers as Kafka's binary mode names them; a value may be percent-encoded."""
    pairs: dict[str, bytes | None] = {}
    for raw_name, raw in headers:
        name = raw_name.decode("latin-1").lower()
        if name.startswith("ce-"):
            name = f"ce_{name[3:]}"
        elif name not in {"content-type", "traceparent"}:
            continue
        if name in pairs:
            raise EnvelopeError("bad_header", f"header {name} is given twice", name)
        try:
            pairs[name] = unquote(raw.decode("ascii"), errors="strict").encode()
        except UnicodeError:
            raise EnvelopeError("bad_header", f"header {name} is not ASCII, percent-encoded", name) from None
    return list(pairs.items())


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _expect_end(text: str, at: int) -> None:
    if _after_space(text, at) != len(text):
        raise UnreadableCall("something follows the array of events")


def _is_text(span: str) -> bool:
    try:
        span.encode()
    except UnicodeEncodeError:
        return False
    return True
