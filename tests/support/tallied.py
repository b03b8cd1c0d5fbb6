"""What a list of events adds up to: by the ledger in the order of the list, and by the judge."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime

from spplus_contracts import Envelope, Event
from spplus_embedded.fold import count
from spplus_indicators.contribution import contribution
from spplus_indicators.ledger import EMPTY, Row, merge
from spplus_indicators.measures import delay
from spplus_indicators.statements import RequestKey, statement_of

Told = tuple[Envelope, Event]
Cells = Counter[tuple[str, date, str]]


def rows_of(told: Iterable[Told]) -> dict[RequestKey, Row]:
    """The ledger, each event merged by itself."""
    rows: dict[RequestKey, Row] = {}
    for envelope, event in told:
        said = statement_of(envelope, event)
        rows[said.request] = merge(rows.get(said.request, EMPTY), [said])
    return rows


def tallied(rows: dict[RequestKey, Row], as_of: datetime) -> Cells:
    """Structure, month and measure of all that is counted."""
    total: Cells = Counter()
    for row in rows.values():
        total.update(contribution(row, as_of))
    return +total


def judged(told: Iterable[Told], as_of: datetime) -> Cells:
    """The same by the judge."""
    total: Cells = Counter()
    for (structure, month), counts in count(told, as_of).items():
        for measure, amount in vars(counts).items():
            if measure == "delays":
                total.update((structure, month, delay(days)) for days in amount)
            elif measure == "marks":
                for code, mark in amount:
                    total[structure, month, f"procedure:{code}:n"] += 1
                    total[structure, month, f"procedure:{code}:sum10"] += mark
            else:
                total[structure, month, measure] += amount
    return +total
