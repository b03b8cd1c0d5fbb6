"""What another system says, by whichever door: read, judged and built anew in one place, so that no door is softer.

A door gives the envelope, the data and the time of arrival. An event that may be said is built anew from its class, so
that unknown fields stay outside; its id, source and time are kept, so that being forwarded twice changes nothing.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Final, NamedTuple, cast, get_origin

from pydantic import ValidationError

from spplus_chassis import metrics
from spplus_chassis.database import Connection
from spplus_chassis.outbox import OutboxRow
from spplus_chassis.reading import invalid
from spplus_chassis.records import Refused
from spplus_contracts import Envelope, FeedbackSubmitted, FeedbackWithdrawn, topic_of
from spplus_feedback.deadlines import paris_day
from spplus_feedback.gate_rules import AgencyEvent, Source, Verdict, judge_clock, judge_event, judge_source, story_of
from spplus_feedback.sources import Register, current_register, holders_of

_HASH_BYTES: Final = 16
Stories = Mapping[str, frozenset[str]]
"""The structures that hold each request of the platform."""


class Heard(NamedTuple):
    """An event whose envelope could be read and names as its source the one that the door knows."""

    envelope: Envelope
    topic: str
    """The canonical topic of its type."""
    event: AgencyEvent | None
    """None where the data are not valid."""
    fault: Verdict | None
    """Why they are not."""


def hear(envelope: Envelope, data: bytes, *, owner: str) -> Heard:
    """Read an event of the source that owns the door. Raises `Refused` where it cannot be told from a forgery."""
    if envelope.source != owner:
        raise Refused("source_mismatch", "source: is not the one that this door knows", _SOURCE_FAULT)
    if not envelope.id.isprintable():
        raise Refused("bad_header", "id: holds characters that cannot be shown", _ID_FAULT)
    topic = topic_of(envelope.type)
    if topic is None or topic.event is None:
        raise Refused("unknown_type", "type: is not in the registry", _TYPE_FAULT)
    try:
        event = cast("AgencyEvent", topic.event.check_json(data))
    except ValidationError as error:
        refused = invalid(error)
        return Heard(envelope, topic.name, None, Verdict(refused.reason, refused.detail, refused.errors))
    return Heard(envelope, topic.name, event, None)


class Judges:
    """Those who judge: the register in memory, read again when it changed, and the stories that are spoken of."""

    def __init__(self) -> None:
        self._register: Register | None = None

    async def convene(self, connection: Connection, heard: Iterable[Heard], arrived_at: datetime) -> "Session":
        """Read what must be known to judge these events, in the transaction that takes them."""
        day = paris_day(arrived_at)
        register = self._register = await current_register(connection, self._register, day)
        wanted = {story for each in heard if each.event is not None and (story := story_of(each.event))}
        return Session(register, await holders_of(connection, wanted))


@dataclass(frozen=True, slots=True)
class Session:
    """The register and the stories as one transaction sees them."""

    register: Register
    stories: Stories

    def speaker(self, code: str, within: str | None = None) -> Source | None:
        """A source of the register, for no more than the part of the tree under `within` where that is given."""
        source, tree = self.register.sources.get(code), self.register.tree
        if source is None or within is None:
            return source
        if tree.holds(source.structure_codes, within):
            return replace(source, structure_codes=frozenset({within}))
        held = frozenset(root for root in source.structure_codes if tree.holds(frozenset({within}), root))
        return replace(source, structure_codes=held)

    def judge(self, heard: Heard, source: Source | None, arrived_at: datetime) -> Verdict | None:
        """Why the source may not say this; none where it may. By the clock of whoever received it."""
        verdict = judge_source(source, heard.envelope.type)
        if verdict is not None or source is None:
            return verdict
        if heard.event is None:
            return heard.fault
        return judge_event(source, heard.event, self.register.tree, self.stories) or judge_clock(
            heard.envelope, heard.event, arrived_at
        )


def forwarded(heard: Heard, payload: bytes | None = None) -> OutboxRow:
    """The event for the canonical topic, built anew; `payload` is its JSON where that is known already."""
    event = cast("AgencyEvent", heard.event)
    envelope = heard.envelope
    kept = envelope._replace(subject=event.key)
    return OutboxRow(topic=heard.topic, key=event.key, envelope=kept, payload=payload or event.to_json())


def hash_of(event: AgencyEvent, payload: bytes) -> bytes:
    """Equal for events that say the same, whatever the order of their fields and sets, in every process."""
    said, sets = payload, []
    for name in _sets_in(type(event)):
        value: frozenset[str] = getattr(event, name)
        if len(value) > 1:
            # As it stands in the payload: the values are codes, which JSON writes as they are.
            written = ",".join(f'"{item}"' for item in value)
            said = said.replace(f'"{name}":[{written}]'.encode(), b"", 1)
            sets.append((name, sorted(map(str, value))))
    whole = b"%b\n%b\n%b" % (event.TYPE.encode(), said, repr(sets).encode())
    return hashlib.blake2b(whole, digest_size=_HASH_BYTES).digest()


@cache
def _sets_in(event_class: type[AgencyEvent]) -> tuple[str, ...]:
    return tuple(name for name, each in event_class.model_fields.items() if get_origin(each.annotation) is frozenset)


def count_accepted(rows: Sequence[OutboxRow], door: str) -> None:
    """Tell the metrics what was accepted for good; call after the commit."""
    for event_type, count in Counter(row.envelope.type for row in rows).items():
        _ACCEPTED.get(event_type, metrics.ANSWERS_ACCEPTED).labels(door).inc(count)


_ACCEPTED: Final = {
    FeedbackSubmitted.TYPE: metrics.FEEDBACK_ACCEPTED,
    FeedbackWithdrawn.TYPE: metrics.WITHDRAWALS_ACCEPTED,
}
_SOURCE_FAULT: Final = (("source", "is not the one that this door knows"),)
_ID_FAULT: Final = (("id", "holds characters that cannot be shown"),)
_TYPE_FAULT: Final = (("type", "is not in the registry"),)
