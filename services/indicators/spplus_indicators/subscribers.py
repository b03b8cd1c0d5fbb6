"""What the bus delivers to scoring, and what becomes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from spplus_chassis import metrics
from spplus_chassis.database import Connection
from spplus_chassis.delivery import Subscription
from spplus_chassis.reading import CLOCK_TOLERANCE, read_event
from spplus_chassis.records import Batch, Record, Refused
from spplus_contracts import BulkAnswers, Envelope, StructureDeclared
from spplus_contracts.topics import FEEDBACK_SUBMITTED, FEEDBACK_WITHDRAWN, REQUEST_ANSWERED, STRUCTURE_DECLARED
from spplus_indicators import handlers, structures
from spplus_indicators.alike import Likeness
from spplus_indicators.handlers import Work
from spplus_indicators.periods import day_of
from spplus_indicators.statements import LedgerEvent, Statement, says_unknown, statement_of
from spplus_indicators.tree_repository import Stored

NAME = "indicators"
TOPICS = (FEEDBACK_SUBMITTED.name, REQUEST_ANSWERED.name, FEEDBACK_WITHDRAWN.name, STRUCTURE_DECLARED.name)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch, read and validated."""

    work: Work
    declared: list[tuple[Record, Stored]]


class Scorer:
    """Reads batches and writes them; remembers as of when the ledger counts, so that little is judged twice."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._counted_until = handlers.BEGINNING
        self._likeness = Likeness()

    def prepare(self, batch: Batch) -> Prepared:
        """Read a batch; what cannot be read is refused and its neighbours go on."""
        statements: list[Statement] = []
        declared: list[tuple[Record, Stored]] = []
        for record in batch.records:
            try:
                envelope, event = read_event(record)
                if isinstance(event, LedgerEvent):
                    statements.append(_read(record, envelope, event))
                elif isinstance(event, StructureDeclared):
                    declared.append((record, structures.as_told(envelope, event)))
            except Refused as refused:
                batch.refuse(record, refused.reason, refused.detail)
        return Prepared(handlers.fold(statements, self._counted_until, self._likeness), declared)

    async def apply(self, connection: Connection, batch: Batch, prepared: Prepared) -> bool:
        """Write a batch, declarations first; returns whether there is anything to publish."""
        replanted = await _declare(connection, batch, prepared, self._clock())
        counted = await handlers.record(connection, prepared.work)
        self._counted_until = prepared.work.judged_at
        return counted or replanted


def subscription(
    *, clock: Callable[[], datetime], after_commit: Callable[[bool], None]
) -> Subscription[Prepared, bool]:
    """The one subscription of scoring: all its topics, one transaction a batch."""
    scorer = Scorer(clock)
    return Subscription(name=NAME, topics=TOPICS, prepare=scorer.prepare, apply=scorer.apply, after_commit=after_commit)


def _read(record: Record, envelope: Envelope, event: LedgerEvent) -> Statement:
    if event.TYPE == BulkAnswers.TYPE and isinstance(event, BulkAnswers):  # asked of every event: texts are cheap
        _check_month(event, record)
    statement = statement_of(envelope, event)
    if says_unknown(statement):
        metrics.VALUES_UNKNOWN.inc()
    return statement


def _check_month(event: BulkAnswers, record: Record) -> None:
    """Totals are about a month that has begun, by the broker's clock."""
    if event.month > f"{day_of(record.timestamp + CLOCK_TOLERANCE):%Y-%m}":
        raise Refused("in_the_future", "month: has not begun")


async def _declare(connection: Connection, batch: Batch, prepared: Prepared, now: datetime) -> bool:
    if not prepared.declared:
        return False
    outcome = await structures.declare(connection, [stored for _, stored in prepared.declared], day_of(now))
    for position in outcome.in_a_cycle:
        record, stored = prepared.declared[position]
        batch.refuse(record, "cycle", f"{stored.code} would be its own ancestor; it keeps the parents it had")
    return outcome.changed
