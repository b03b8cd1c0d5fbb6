"""What happens, in which order, in one transaction: statements into the ledger, differences into the tallies.

Rows that the ledger does not have, nearly all of the traffic, go in by one statement; only the others are locked,
read and merged. Everything counts as of one instant, the one until which passed deadlines have been swept.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from spplus_chassis import metrics
from spplus_chassis.database import Connection
from spplus_indicators import repository
from spplus_indicators.alike import Counted, Likeness, worked_out
from spplus_indicators.contribution import Cell, difference
from spplus_indicators.ledger import EMPTY, Row, joined, merge
from spplus_indicators.pooling import add
from spplus_indicators.repository import LedgerRows, StoredRow
from spplus_indicators.statements import RequestKey, Statement
from spplus_indicators.stored import cells_of_text, row_of_text, text_of_row

BEGINNING = datetime.min.replace(tzinfo=UTC)
END = datetime.max.replace(tzinfo=UTC)
_TICK = timedelta(microseconds=1)
SWEEP_ROWS = 2000
"""About how many requests become late in one transaction."""


class Entry(NamedTuple):
    """What a batch says about one row of the ledger."""

    key: RequestKey
    row: Row
    counted: Counted


@dataclass(slots=True)
class Work:
    """A batch, folded to one entry per row and laid out for the insert."""

    entries: list[Entry] = field(default_factory=list)
    rows: LedgerRows = field(default_factory=LedgerRows)
    total: dict[Cell, int] = field(default_factory=dict)
    """What all entries add if the ledger has none of them."""
    judged_at: datetime = BEGINNING
    """The instant as of which that holds ..."""
    holds_until: datetime = END
    """... and until which nothing passes that would change it."""


def fold(statements: Iterable[Statement], as_of: datetime = BEGINNING, likeness: Likeness | None = None) -> Work:
    """Fold statements by row. Pure: the batch is prepared while the one before it is written.

    `as_of` is a guess, the last instant known to be swept; `record` puts right what it gets wrong.
    """
    by_row: dict[RequestKey, Row] = {}
    for statement in statements:
        request = statement[0]
        by_row[request] = merge(by_row.get(request, EMPTY), (statement,))
    counted = (likeness or Likeness()).counted
    entries = [Entry(key, by_row[key], counted(by_row[key], as_of)) for key in sorted(by_row)]
    deadlines = [entry.counted.share.changes_after for entry in entries]
    return Work(
        entries,
        _rows_of(entries),
        _total_of(entries),
        judged_at=as_of,
        holds_until=min((each for each in deadlines if each is not None), default=END),
    )


def _rows_of(entries: list[Entry]) -> LedgerRows:
    return LedgerRows(
        sources=[entry.key[0] for entry in entries],
        ids=[entry.key[1] for entry in entries],
        statements=[text_of_row(entry.row) for entry in entries],
        counted=[entry.counted.text for entry in entries],
        withdrawn=[entry.row.withdrawn for entry in entries],
        changes_after=[entry.counted.share.changes_after for entry in entries],
    )


def _total_of(entries: list[Entry]) -> dict[Cell, int]:
    """The sum of all shares; those that are alike have one text and are added at once."""
    alike: dict[str, list[dict[Cell, int]]] = {}
    for entry in entries:
        alike.setdefault(entry.counted.text, []).append(entry.counted.share.cells)
    total: dict[Cell, int] = {}
    for shares in alike.values():
        times = len(shares)
        for cell, count in shares[0].items():
            total[cell] = total.get(cell, 0) + times * count
    return total


async def record(connection: Connection, work: Work) -> bool:
    """Take a batch into the ledger and the tallies; returns whether any tally changed.

    `work.judged_at` then is the instant as of which everything counts.
    """
    if not work.entries:
        return False
    as_of = await repository.enter(connection)
    _judge(work, as_of)
    standing = await repository.insert_fresh(connection, work.rows)
    delta = work.total
    if standing:
        delta = dict(work.total)
        known = {entry.key: entry for entry in work.entries if entry.key in standing}
        await _merge_known(connection, known, as_of, delta)
    await repository.mark(connection, delta)
    return any(delta.values())


async def sweep(connection: Connection, now: datetime) -> int:
    """Count requests whose deadline has passed as late; returns how many were looked at.

    When many are due it stops at an earlier instant, so that the transaction stays short: call again.
    """
    swept_until = await repository.enter_alone(connection)
    if now <= swept_until:
        return 0
    last = await repository.deadline_after(connection, now, SWEEP_ROWS)
    as_of = now if last is None else last + _TICK
    stored = await repository.lock_overdue(connection, as_of)
    updates, delta = list[Entry](), dict[Cell, int]()
    for old in stored:
        row = row_of_text(old.statements, withdrawn=old.withdrawn)
        entry = Entry(old.key, row, worked_out(row, as_of))
        add(delta, difference(entry.counted.share.cells, cells_of_text(old.counted)))
        updates.append(entry)
    await repository.update_rows(connection, _rows_of(updates))
    await repository.mark(connection, delta)
    await repository.save_swept(connection, as_of)
    metrics.SWEEP_LATE.inc(len(stored))
    return len(stored)


def _judge(work: Work, as_of: datetime) -> None:
    """Bring a batch to the instant as of which everything counts.

    Time was guessed right unless a deadline passed since; after a restore it may even have gone back.
    """
    if as_of < work.judged_at or as_of > work.holds_until:
        judged = [entry._replace(counted=worked_out(entry.row, as_of)) for entry in work.entries]
        work.entries, work.rows, work.total = judged, _rows_of(judged), _total_of(judged)
    work.judged_at = as_of


async def _merge_known(
    connection: Connection, known: dict[RequestKey, Entry], as_of: datetime, delta: dict[Cell, int]
) -> None:
    for entry in known.values():
        add(delta, {cell: -count for cell, count in entry.counted.share.cells.items()})
    updates = []
    for old in await repository.lock_rows(connection, list(known)):
        merged = _merged(old, known[old.key], as_of)
        if merged is None:
            metrics.STATEMENTS_REPEATED.inc()
            continue
        add(delta, difference(merged.counted.share.cells, cells_of_text(old.counted)))
        updates.append(merged)
    await repository.update_rows(connection, _rows_of(updates))


def _merged(old: StoredRow, new: Entry, as_of: datetime) -> Entry | None:
    """The row with what the batch says; none where it says nothing new."""
    before = row_of_text(old.statements, withdrawn=old.withdrawn)
    after = joined(before, new.row)
    return None if after == before else Entry(old.key, after, worked_out(after, as_of))
