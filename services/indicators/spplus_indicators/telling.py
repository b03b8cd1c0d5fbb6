"""From a revision to the row of the outbox that tells it: `figures.event_of`, written straight as bytes.

A peak makes thousands of revisions a second out of numbers of our own; to build and validate an event of each costs
several times as much as all the rest. That the bytes are those of the event is a test.
"""

from datetime import timedelta
from typing import Final

from pydantic_core import to_json

from spplus_chassis.outbox import OutboxRow, new_id
from spplus_contracts import Envelope, IndicatorComputed
from spplus_contracts.topics import INDICATOR_COMPUTED
from spplus_contracts.vocabulary import PLATFORM_SOURCE
from spplus_indicators.figures import LATEST, Published, Revision, period_of
from spplus_indicators.intervals import LEVEL
from spplus_indicators.method import Method
from spplus_indicators.methods import METHODS
from spplus_indicators.periods import day_of

_DAY: Final = timedelta(days=1)


def row_of(revision: Revision) -> OutboxRow:
    """The outbox row of a revision, told at the instant at which it was computed."""
    (structure, indicator, kind, start), figure, computed_at = revision
    method, span = METHODS[indicator], period_of(revision.key, figure.period_end)
    data = {
        "indicator_code": indicator,
        "method_version": figure.method_version,
        "structure_code": structure,
        "period": {"kind": kind, "start": span.start, "end": span.end},
        "status": figure.status,
        "n": figure.n,
        "unit": method.unit,
        **_numbers(figure, method),
        "provisional": figure.provisional,
        "revision": figure.revision,
        **({"supersedes": figure.revision - 1} if figure.revision > 1 else {}),
        "computed_at": computed_at,
        "tree_on": min(span.end - _DAY, day_of(computed_at)),
        "engagements": method.engagements,
    }
    key = f"{structure}|{indicator}|{kind}|{'latest' if start == LATEST else start}"
    envelope = Envelope(new_id(), PLATFORM_SOURCE, IndicatorComputed.TYPE, computed_at, key)
    return OutboxRow(INDICATOR_COMPUTED.name, key, envelope, to_json(data))


def _numbers(figure: Published, method: Method) -> dict[str, object]:
    """What there is of value, numerator, denominator and interval."""
    numbers: dict[str, object] = {}
    if figure.value is not None:
        numbers["value"] = float(figure.value)
    if figure.numerator is not None:
        numbers["numerator"] = float(figure.numerator)
    if figure.denominator is not None:
        numbers["denominator"] = float(figure.denominator)
    if figure.interval_low is not None:
        bounds = {"low": figure.interval_low, "high": figure.interval_high}
        numbers["interval"] = {**bounds, "level": LEVEL, "method": method.interval}
    return numbers
