"""What the notifier hears on the bus: figures and structures, by one subscription."""

from collections.abc import Callable

from spplus_chassis import metrics
from spplus_chassis.delivery import Subscription
from spplus_chassis.reading import read_event
from spplus_chassis.records import Batch, Record, Refused
from spplus_contracts import IndicatorComputed, StructureDeclared
from spplus_contracts.topics import INDICATOR_COMPUTED, STRUCTURE_DECLARED
from spplus_notifier.figure_key import parse_key
from spplus_notifier.handlers import Arrivals, Outcome, Removal, take


def publication(wake: Callable[[], None]) -> Subscription[Arrivals, Outcome]:
    """The subscription that keeps the publication; `wake` is told after each commit that changed a figure."""

    def after_commit(outcome: Outcome) -> None:
        metrics.FIGURES_APPLIED.inc(outcome.applied)
        metrics.FIGURES_STALE.inc(outcome.stale)
        if outcome.applied:
            wake()

    return Subscription(
        name="notifier",
        topics=(INDICATOR_COMPUTED.name, STRUCTURE_DECLARED.name),
        prepare=read_batch,
        apply=lambda connection, _batch, arrivals: take(connection, arrivals),
        after_commit=after_commit,
    )


def read_batch(batch: Batch) -> Arrivals:
    """Read each record; what cannot be read goes to the dead letters, and its neighbours go on."""
    arrivals = Arrivals()
    for record in batch.records:
        try:
            _read(record, arrivals)
        except Refused as refused:
            batch.refuse(record, refused.reason, refused.detail)
    return arrivals


def _read(record: Record, arrivals: Arrivals) -> None:
    if record.value is None and record.topic == INDICATOR_COMPUTED.name:
        arrivals.figures.append(_removal(record))
        return
    _, event = read_event(record)
    if isinstance(event, IndicatorComputed):
        arrivals.figures.append(event)
    elif isinstance(event, StructureDeclared):
        arrivals.structures.append(event)


def _removal(record: Record) -> Removal:
    try:
        return Removal(str(parse_key((record.key or b"").decode())))
    except ValueError:
        raise Refused("invalid_key", "a tombstone carries the key of a figure") from None
