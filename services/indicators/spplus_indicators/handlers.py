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
from spplus_indicators.contribution import Cell, Share, difference, share
from spplus_indicators.ledger import EMPTY, Row, joined, merge
from spplus_indicators.repository import LedgerRows, StoredRow
from spplus_indicators.statements import RequestKey, Statement
from spplus_indicators.stored import cells_of_text, row_of_text, text_of_cells, text_of_row

BEGINNING = datetime.min.replace(tzinfo=UTC)
_TICK = timedelta(microseconds=1)
SWEEP_ROWS = 2000
"""About how many requests become late in one transaction."""


class Entry(NamedTuple):
    """What a batch says about one row of the ledger."""

    key: RequestKey
    row: Row
    share: Share


@dataclass(slots=True)
class Work:
    """A batch, folded to one entry per row and laid out for the insert."""

    statement_count: int
    entries: list[Entry] = field(default_factory=list)
    rows: LedgerRows = field(default_factory=LedgerRows)
    total: dict[Cell, int] = field(default_factory=dict)
    """What all entries add if the ledger has none of them."""
    judged_at: datetime = BEGINNING
    """The instant as of which that holds."""


def fold(statements: Iterable[Statement], as_of: datetime = BEGINNING) -> Work:
    """Fold statements by row. Pure: the batch is prepared while the one before it is written.

    `as_of` is a guess, the last instant known to be swept; `record` puts right what it gets wrong.
    """
    by_row: dict[RequestKey, list[Statement]] = {}
    count = 0
    for statement in statements:
        count += 1
        told = by_row.get(statement.request)
        if told is None:
            by_row[statement.request] = [statement]
        else:
            told.append(statement)
    work = Work(count, judged_at=as_of)
    for key in sorted(by_row):
        row = merge(EMPTY, by_row[key])
        entry = Entry(key, row, share(row, as_of))
        work.entries.append(entry)
        _lay_out(work.rows, entry)
        _accumulate(work.total, entry.share.cells)
    return work


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
    updates, delta = LedgerRows(), dict[Cell, int]()
    for old in stored:
        row = row_of_text(old.statements, withdrawn=old.withdrawn)
        entry = Entry(old.key, row, share(row, as_of))
        _accumulate(delta, difference(entry.share.cells, cells_of_text(old.counted)))
        _lay_out(updates, entry)
    await repository.update_rows(connection, updates)
    await repository.mark(connection, delta)
    await repository.save_swept(connection, as_of)
    metrics.SWEEP_LATE.inc(len(stored))
    return len(stored)


def _judge(work: Work, as_of: datetime) -> None:
    """Bring a batch to the instant as of which everything counts."""
    for index, entry in enumerate(work.entries):
        deadline = entry.share.changes_after
        # Time was guessed right unless a deadline passed since; after a restore it may even have gone back.
        if (deadline is not None and deadline < as_of) or as_of < work.judged_at:
            judged = entry._replace(share=share(entry.row, as_of))
            work.entries[index] = judged
            work.rows.counted[index] = text_of_cells(judged.share.cells)
            work.rows.changes_after[index] = judged.share.changes_after
            _accumulate(work.total, difference(judged.share.cells, entry.share.cells))
    work.judged_at = as_of


async def _merge_known(
    connection: Connection, known: dict[RequestKey, Entry], as_of: datetime, delta: dict[Cell, int]
) -> None:
    for entry in known.values():
        _accumulate(delta, {cell: -count for cell, count in entry.share.cells.items()})
    updates = LedgerRows()
    for old in await repository.lock_rows(connection, list(known)):
        merged = _merged(old, known[old.key], as_of)
        if merged is None:
            metrics.STATEMENTS_REPEATED.inc()
            continue
        _accumulate(delta, difference(merged.share.cells, cells_of_text(old.counted)))
        _lay_out(updates, merged)
    await repository.update_rows(connection, updates)


def _merged(old: StoredRow, new: Entry, as_of: datetime) -> Entry | None:
    """The row with what the batch says; none where it says nothing new."""
    before = row_of_text(old.statements, withdrawn=old.withdrawn)
    after = joined(before, new.row)
    return None if after == before else Entry(old.key, after, share(after, as_of))


def _lay_out(rows: LedgerRows, entry: Entry) -> None:
    rows.append(
        entry.key,
        text_of_row(entry.row),
        text_of_cells(entry.share.cells),
        withdrawn=entry.row.withdrawn,
        changes_after=entry.share.changes_after,
    )


def _accumulate(total: dict[Cell, int], cells: dict[Cell, int]) -> None:
    for cell, count in cells.items():
        total[cell] = total.get(cell, 0) + count
