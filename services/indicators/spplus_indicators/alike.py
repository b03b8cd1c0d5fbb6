"""Feedbacks that differ in nothing that counts add the same cells: worked out once, for all that are alike.

Nearly every record is a feedback about which nothing else was said yet, and a busy service tells the same few things
about the same places thousands of times. Pure; the memory is bounded.
"""

from datetime import datetime
from typing import Final, NamedTuple

from spplus_indicators.contribution import Share, share
from spplus_indicators.ledger import Row
from spplus_indicators.periods import month_of, month_of_deadline
from spplus_indicators.statements import Submission
from spplus_indicators.stored import text_of_cells

_MOST: Final = 200_000


class Counted(NamedTuple):
    """A share with the text in which its cells are kept."""

    share: Share
    text: str


class Likeness:
    """Remembers what a lone feedback adds, by everything that decides it."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], Counted] = {}

    def counted(self, row: Row, as_of: datetime) -> Counted:
        """The share of a row as of an instant."""
        if len(row.winners) == 1:
            [told] = row.winners.values()
            if isinstance(told.facts, Submission) and not told.retracted:
                return self._of_lone(row, told.facts, as_of)
        return worked_out(row, as_of)

    def _of_lone(self, row: Row, facts: Submission, as_of: datetime) -> Counted:
        """Two lone feedbacks are alike if they were told of the same place, month and feeling, and are due alike.

        Whether the deadline has passed is part of that; the deadline itself is each one's own.
        """
        due_at = facts.due_at
        waits = due_at is not None and as_of <= due_at
        due_month = None if due_at is None or waits else month_of_deadline(due_at)
        finer = facts.dimensions
        likeness = (
            facts.structure_code,
            month_of(facts.submitted_at),
            waits,
            due_month,
            facts.kind,
            facts.author,
            facts.sentiment,
            facts.answer_expected,
            facts.score,
            facts.procedure_code,
            None if finer is None else tuple(finer.items()),
        )
        known = self._known.get(likeness)
        if known is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            known = self._known[likeness] = worked_out(row, as_of)
        if known.share.changes_after is None:
            return known
        return Counted(Share(known.share.cells, due_at), known.text)


def worked_out(row: Row, as_of: datetime) -> Counted:
    """The share of any row, worked out anew."""
    found = share(row, as_of)
    return Counted(found, text_of_cells(found.cells))
