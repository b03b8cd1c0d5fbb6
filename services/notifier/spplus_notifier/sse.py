"""Server-sent events as text (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

import json

from spplus_notifier.figure_key import parse_key
from spplus_notifier.queries import LoggedChange

FIGURE = "indicator"
REMOVED = "removed"
RESYNC = "resync"
_RETRY_MS = 2000


def opening(seq: int) -> bytes:
    """First words of a stream: how soon to come back, and the number to resume from before anything happened."""
    return f"retry: {_RETRY_MS}\nid: {seq}\n\n".encode()


def heartbeat(seq: int) -> bytes:
    """Keeps the connection open, and moves the reader's number past changes that its filter left out."""
    return f": still here\nid: {seq}\n\n".encode()


def change(logged: LoggedChange) -> bytes:
    """One change: the figure as published, or the key of a figure taken off."""
    if logged.data is not None:
        return _event(FIGURE, logged.seq, logged.data)
    key = parse_key(logged.figure_key)
    removed = {
        "structure_code": key.structure_code,
        "indicator_code": key.indicator_code,
        "period_kind": key.period_kind,
        "period_start": key.start,
    }
    return _event(REMOVED, logged.seq, json.dumps(removed))


def resync(seq: int) -> bytes:
    """Too much was missed to be told: read the figures anew, then go on from here."""
    return _event(RESYNC, seq, json.dumps({"read": "/v1/indicators"}))


def _event(name: str, seq: int, data: str) -> bytes:
    return f"id: {seq}\nevent: {name}\ndata: {data}\n\n".encode()
