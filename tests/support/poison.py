"""Records that nobody should send, each with the reason for which it must be refused."""

from dataclasses import dataclass
from datetime import UTC, datetime

from spplus_contracts import Envelope, FeedbackSubmitted

MARK = "x-poison"
"""Header that says why the record must be refused; no reader of the platform looks at it."""


@dataclass(frozen=True)
class Poison:
    """One bad record."""

    reason: str
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]

    @property
    def marked_headers(self) -> list[tuple[str, bytes | None]]:
        """Headers that say themselves what must become of the record."""
        return [*self.headers, (MARK, self.reason.encode())]


def poison(source: str, event_type: str = FeedbackSubmitted.TYPE) -> list[Poison]:
    """Bad in every way that the envelope and the JSON can be, in the name of a source."""
    sound = Envelope(id="poison", source=source, type=event_type, time=datetime(2024, 3, 5, tzinfo=UTC)).headers()
    typeless = [pair for pair in sound if pair[0] != "ce_type"]
    structured = [("content-type", b"application/cloudevents+json")]
    return [
        Poison("bad_json", b"k", b"{", sound),
        Poison("bad_json", b"\xff\x00", b"\xff\xfe\x00", sound),
        Poison("bad_json", b"k", b"[]", structured),
        Poison("invalid_data", b"k", b"{}", sound),
        Poison("unknown_type", None, b"{}", [*typeless, ("ce_type", b"fr.spplus.feedback.shouted.v1")]),
        Poison("null_header", b"k", b"{}", [*typeless, ("ce_type", None)]),
        Poison("bad_header", b"k", b"{}", [*typeless, ("ce_type", b"\xff\xfe")]),
        Poison("missing_attribute", None, b"{}", []),
    ]


def tombstones(source: str, *, reason: str = "tombstone") -> list[Poison]:
    """Records without a value, where a topic has none to give."""
    sound = poison(source)[0].headers
    return [Poison(reason, b"k", None, sound), Poison(reason, b"other", None, [])]
