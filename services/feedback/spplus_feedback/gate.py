"""The gate: what other agencies' systems write on their own inbound topics is checked and forwarded, or buried.

A canonical topic says only what this service let through.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from spplus_chassis import outbox
from spplus_chassis.database import Connection
from spplus_chassis.delivery import Subscription
from spplus_chassis.outbox import OutboxRow
from spplus_chassis.reading import open_envelope
from spplus_chassis.records import Batch, Record, Refused
from spplus_contracts.topics import INBOUND_PATTERN, source_of_inbound
from spplus_feedback.deadlines import paris_day
from spplus_feedback.hearing import Heard, Judges, count_accepted, forwarded, hear
from spplus_feedback.source_counts import ACCEPTED, add_counts

CONSUMER: Final = "feedback-gate"
DOOR: Final = "bus"


class Inbound(NamedTuple):
    """A record and what it says."""

    record: Record
    heard: Heard


class Gate:
    """Judges batches of inbound records."""

    def __init__(self) -> None:
        self._judges = Judges()

    def prepare(self, batch: Batch) -> list[Inbound]:
        """Read envelopes and data; refuse what cannot be told apart from a forgery."""
        work = []
        for record in batch.records:
            try:
                envelope, data = open_envelope(record)
                work.append(Inbound(record, hear(envelope, data, owner=source_of_inbound(record.topic))))
            except Refused as refused:
                batch.refuse(record, refused.reason, refused.detail)
        return work

    async def apply(self, connection: Connection, batch: Batch, work: Sequence[Inbound]) -> list[OutboxRow]:
        """Forward what the register allows, bury the rest, count both, in the transaction of the batch."""
        if not batch.records:
            return []
        last = max(record.timestamp for record in batch.records)
        session = await self._judges.convene(connection, [inbound.heard for inbound in work], last)
        rows = []
        for record, heard in work:
            verdict = session.judge(heard, session.speaker(heard.envelope.source), record.timestamp)
            if verdict is None:
                rows.append(forwarded(heard))
            else:
                batch.refuse(record, verdict.reason, verdict.detail)
        await outbox.append(connection, rows)
        counts = Counter((row.envelope.source, ACCEPTED) for row in rows)
        counts.update((source_of_inbound(refusal.record.topic), refusal.reason) for refusal in batch.refusals)
        await add_counts(connection, counts, door=DOOR, day=paris_day(last), at=last)
        return rows


def gate_subscription(wake: Callable[[], None]) -> Subscription[list[Inbound], list[OutboxRow]]:
    """The subscription to all inbound topics, also those made later. `wake` is called when something was forwarded."""
    gate = Gate()

    def forwarded_all(rows: list[OutboxRow]) -> None:
        count_accepted(rows, "gate")
        wake()

    return Subscription(
        name=CONSUMER,
        pattern=INBOUND_PATTERN,
        prepare=gate.prepare,
        apply=gate.apply,
        after_commit=forwarded_all,
        foreign=True,
    )
