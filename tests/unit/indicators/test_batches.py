"""Any list of events, cut into batches in any way while time goes on, counts what the judge counts at the end."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from spplus_indicators.contribution import Cell, difference, share
from spplus_indicators.handlers import fold
from spplus_indicators.ledger import EMPTY, Row, joined
from spplus_indicators.statements import RequestKey, statement_of
from tests.support.hearsay import AS_OF, Told, told_events
from tests.support.histories import Witness
from tests.support.profiles import examples
from tests.support.tallied import judged, rows_of


class Books:
    """A ledger in memory, kept as the service keeps its own: with what each row added last and when that changes."""

    def __init__(self) -> None:
        self.rows: dict[RequestKey, Row] = {}
        self.counted: dict[RequestKey, dict[Cell, int]] = {}
        self.changes_after: dict[RequestKey, datetime | None] = {}
        self.tally: Counter[Cell] = Counter()

    def take(self, batch: list[Told], as_of: datetime) -> None:
        for entry in fold([statement_of(*each) for each in batch], as_of).entries:
            self._count(entry.key, joined(self.rows.get(entry.key, EMPTY), entry.row), as_of)

    def sweep(self, as_of: datetime) -> None:
        """Only those whose deadline has passed are looked at."""
        for key, instant in list(self.changes_after.items()):
            if instant is not None and instant < as_of:
                self._count(key, self.rows[key], as_of)

    def _count(self, key: RequestKey, row: Row, as_of: datetime) -> None:
        cells, self.changes_after[key] = share(row, as_of)
        self.tally.update(difference(cells, self.counted.get(key, {})))
        self.rows[key], self.counted[key] = row, cells


@st.composite
def _cut(draw: st.DrawFn, events: list[Told]) -> list[tuple[list[Told], int]]:
    """Batches, each with the days that have passed."""
    batches: list[tuple[list[Told], int]] = []
    days, rest = -60, list(events)
    while rest:
        size = draw(st.integers(1, len(rest)))
        days += draw(st.integers(0, 30))
        batches.append((rest[:size], days))
        rest = rest[size:]
    return batches


@settings(max_examples=examples(150, 2000), deadline=None)
@given(st.lists(told_events(), min_size=1, max_size=14), st.data())
def test_batches_of_any_size_and_order_while_time_goes_on(drawn: list[Told], data: Any) -> None:
    witness = Witness()
    for each in drawn:
        witness.hears(each)
    told: list[Any] = witness.told
    arrived = data.draw(st.permutations(told + data.draw(st.lists(st.sampled_from(told), max_size=6))))
    books, as_of = Books(), AS_OF
    for batch, days in data.draw(_cut(arrived)):
        as_of = AS_OF + timedelta(days=days)
        books.sweep(as_of)
        books.take(batch, as_of)
    last = max(as_of, AS_OF)
    books.sweep(last)
    assert books.rows == rows_of(told)
    assert +books.tally == judged(told, last)
    assert min(books.tally.values(), default=0) >= 0
