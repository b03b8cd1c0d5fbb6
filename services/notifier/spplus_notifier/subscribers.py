"""What the notifier hears on the bus, by one subscription: figures, structures, and what became of requests."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from spplus_chassis import metrics
from spplus_chassis.delivery import Subscription
from spplus_chassis.reading import read_event
from spplus_chassis.records import Batch, Record, Refused
from spplus_contracts import IndicatorComputed, StructureDeclared
from spplus_contracts.topics import FEEDBACK_WITHDRAWN, INDICATOR_COMPUTED, REQUEST_ANSWERED, STRUCTURE_DECLARED
from spplus_notifier.endings import KEPT_HOURS, Ending, ending_of
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
        topics=tuple(
            topic.name for topic in (INDICATOR_COMPUTED, STRUCTURE_DECLARED, REQUEST_ANSWERED, FEEDBACK_WITHDRAWN)
        ),
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
    envelope, event = read_event(record)
    if isinstance(event, IndicatorComputed):
        arrivals.figures.append(event)
    elif isinstance(event, StructureDeclared):
        arrivals.structures.append(event)
    elif (ending := ending_of(envelope.source, event)) is not None:
        _note(arrivals, *ending, record.timestamp)


def _note(arrivals: Arrivals, request_id: str, how: Ending, at: datetime) -> None:
    """A withdrawal is final: no answer that is read after it takes its place."""
    if arrivals.ended.get(request_id) not in {Ending.AUTHOR, Ending.MODERATED}:
        arrivals.ended[request_id] = how
    if datetime.now(UTC) - at < timedelta(hours=KEPT_HOURS):
        arrivals.ended_lately.add(request_id)


def _removal(record: Record) -> Removal:
    try:
        return Removal(str(parse_key((record.key or b"").decode())))
    except ValueError:
        raise Refused("invalid_key", "a tombstone carries the key of a figure") from None
