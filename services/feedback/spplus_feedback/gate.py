"""The gate: what other agencies' systems write on their own inbound topics is checked and forwarded, or buried.

A canonical topic says only what this service let through. A forwarded event is built anew from its class, so that
unknown fields stay outside; its id, source and time are kept, so that being forwarded twice changes nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, cast
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from spplus_chassis import metrics, outbox
from spplus_chassis.database import Connection
from spplus_chassis.delivery import Subscription
from spplus_chassis.outbox import OutboxRow
from spplus_chassis.reading import invalid, open_envelope
from spplus_chassis.records import Batch, Record, Refused
from spplus_contracts import Envelope, FeedbackSubmitted, FeedbackWithdrawn, topic_of
from spplus_contracts.topics import INBOUND_PATTERN, source_of_inbound
from spplus_feedback.gate_rules import (
    AgencyEvent,
    Verdict,
    judge_clock,
    judge_event,
    judge_source,
    story_of,
)
from spplus_feedback.sources import Register, current_register, holders_of

CONSUMER: Final = "feedback-gate"
_PARIS: Final = ZoneInfo("Europe/Paris")


@dataclass(frozen=True, slots=True)
class Heard:
    """A record whose envelope could be read and names the owner of the topic as its source."""

    record: Record
    envelope: Envelope
    topic: str
    """The canonical topic of its type."""
    event: AgencyEvent | None
    """None where the data are not valid."""
    fault: Verdict | None
    """Why they are not."""


class Gate:
    """Judges batches of inbound records. Keeps the register in memory and reads it again when it changed."""

    def __init__(self) -> None:
        self._register: Register | None = None

    def prepare(self, batch: Batch) -> list[Heard]:
        """Read envelopes and data; refuse what cannot be told apart from a forgery."""
        heard = []
        for record in batch.records:
            try:
                heard.append(_heard(record))
            except Refused as refused:
                batch.refuse(record, refused.reason, refused.detail)
        return heard

    async def apply(self, connection: Connection, batch: Batch, work: Sequence[Heard]) -> list[OutboxRow]:
        """Forward what the register allows, bury the rest, in the transaction of the batch."""
        if not work:
            return []
        day = max(heard.record.timestamp for heard in work).astimezone(_PARIS).date()
        register = self._register = await current_register(connection, self._register, day)
        wanted = {story for heard in work if heard.event is not None and (story := story_of(heard.event))}
        stories = await holders_of(connection, wanted)
        rows = []
        for heard in work:
            verdict = _judge(register, heard, stories)
            if verdict is None:
                rows.append(_forwarded(heard))
            else:
                batch.refuse(heard.record, verdict.reason, verdict.detail)
        await outbox.append(connection, rows)
        return rows


def gate_subscription(wake: Callable[[], None]) -> Subscription[list[Heard], list[OutboxRow]]:
    """The subscription to all inbound topics, also those made later. `wake` is called when something was forwarded."""
    gate = Gate()

    def forwarded(rows: list[OutboxRow]) -> None:
        for row in rows:
            _ACCEPTED.get(row.envelope.type, metrics.ANSWERS_ACCEPTED).labels("gate").inc()
        wake()

    return Subscription(
        name=CONSUMER,
        pattern=INBOUND_PATTERN,
        prepare=gate.prepare,
        apply=gate.apply,
        after_commit=forwarded,
        foreign=True,
    )


_ACCEPTED: Final = {
    FeedbackSubmitted.TYPE: metrics.FEEDBACK_ACCEPTED,
    FeedbackWithdrawn.TYPE: metrics.WITHDRAWALS_ACCEPTED,
}


def _heard(record: Record) -> Heard:
    envelope, data = open_envelope(record)
    if envelope.source != source_of_inbound(record.topic):
        raise Refused("source_mismatch", "source is not the owner of the topic")
    if not envelope.id.isprintable():
        raise Refused("bad_header", "id holds characters that cannot be shown")
    topic = topic_of(envelope.type)
    if topic is None or topic.event is None:
        raise Refused("unknown_type", "the type is not in the registry")
    try:
        event = cast("AgencyEvent", topic.event.check_json(data))
    except ValidationError as error:
        refused = invalid(error)
        return Heard(record, envelope, topic.name, None, Verdict(refused.reason, refused.detail))
    return Heard(record, envelope, topic.name, event, None)


def _judge(register: Register, heard: Heard, stories: dict[str, frozenset[str]]) -> Verdict | None:
    source = register.sources.get(heard.envelope.source)
    verdict = judge_source(source, heard.envelope.type)
    if verdict is not None or source is None:
        return verdict
    if heard.event is None:
        return heard.fault
    return judge_event(source, heard.event, register.tree, stories) or judge_clock(
        heard.envelope, heard.event, heard.record.timestamp
    )


def _forwarded(heard: Heard) -> OutboxRow:
    event = cast("AgencyEvent", heard.event)
    envelope = heard.envelope
    kept = Envelope(id=envelope.id, source=envelope.source, type=envelope.type, time=envelope.time, subject=event.key)
    return OutboxRow(topic=heard.topic, key=event.key, envelope=kept, payload=event.to_json())
