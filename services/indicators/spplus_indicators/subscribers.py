"""What the bus delivers to scoring, and what becomes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from spplus_chassis import metrics
from spplus_chassis.database import Connection
from spplus_chassis.delivery import Subscription
from spplus_chassis.reading import read_event
from spplus_chassis.records import Batch, Record, Refused
from spplus_contracts import BulkAnswers, StructureDeclared
from spplus_contracts.topics import FEEDBACK_SUBMITTED, FEEDBACK_WITHDRAWN, REQUEST_ANSWERED, STRUCTURE_DECLARED
from spplus_contracts.vocabulary import EPOCH
from spplus_indicators import handlers, structures
from spplus_indicators.handlers import Work
from spplus_indicators.periods import day_of
from spplus_indicators.statements import LedgerEvent, Statement, statement_of, unknown_fields
from spplus_indicators.tree_repository import Stored

TOPICS = (FEEDBACK_SUBMITTED.name, REQUEST_ANSWERED.name, FEEDBACK_WITHDRAWN.name, STRUCTURE_DECLARED.name)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch, read and validated."""

    work: Work
    declared: list[tuple[Record, Stored]]


def subscription(
    *, clock: Callable[[], datetime], after_commit: Callable[[bool], None]
) -> Subscription[Prepared, bool]:
    """The one subscription of scoring: all its topics, one transaction a batch."""

    async def apply(connection: Connection, batch: Batch, prepared: Prepared) -> bool:
        replanted = await _declare(connection, batch, prepared, clock())
        return await handlers.record(connection, prepared.work) or replanted

    return Subscription(name="indicators", topics=TOPICS, prepare=prepare, apply=apply, after_commit=after_commit)


def prepare(batch: Batch) -> Prepared:
    """Read a batch; what cannot be read is refused and its neighbours go on."""
    statements: list[Statement] = []
    declared: list[tuple[Record, Stored]] = []
    for record in batch.records:
        try:
            envelope, event = read_event(record)
            if isinstance(event, StructureDeclared):
                declared.append((record, structures.as_told(envelope, event)))
            elif isinstance(event, LedgerEvent):
                _check_month(event, record)
                if unknown_fields(event):
                    metrics.VALUES_UNKNOWN.inc()
                statements.append(statement_of(envelope, event))
        except Refused as refused:
            batch.refuse(record, refused.reason, refused.detail)
    return Prepared(handlers.fold(statements), declared)


def _check_month(event: LedgerEvent, record: Record) -> None:
    """Totals are about a month that has begun, by the broker's clock, and not before the programme."""
    if not isinstance(event, BulkAnswers):
        return
    if not f"{day_of(EPOCH):%Y-%m}" <= event.month <= f"{day_of(record.timestamp):%Y-%m}":
        raise Refused("in_the_future", "month: has not begun, or lies before 2015")


async def _declare(connection: Connection, batch: Batch, prepared: Prepared, now: datetime) -> bool:
    if not prepared.declared:
        return False
    outcome = await structures.declare(connection, [stored for _, stored in prepared.declared], day_of(now))
    for position in outcome.in_a_cycle:
        record, stored = prepared.declared[position]
        batch.refuse(record, "cycle", f"{stored.code} would be its own ancestor; it keeps the parents it had")
    return outcome.changed
