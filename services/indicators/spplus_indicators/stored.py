"""The compact text in which a row of the ledger is kept: positions instead of names, nothing that is not used.

Rows outlive releases: fields are only ever added at the end of the facts, with a default.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from pydantic_core import from_json, to_json

from spplus_indicators.contribution import Cell
from spplus_indicators.ledger import Row
from spplus_indicators.statements import (
    ANSWERED,
    SUBMITTED,
    TOTALS,
    Answer,
    Facts,
    StatementKey,
    Submission,
    Told,
    Totals,
)

_FACTS: Final[dict[str, type[Submission | Answer | Totals]]] = {
    SUBMITTED: Submission,
    ANSWERED: Answer,
    TOTALS: Totals,
}
_INSTANTS: Final = {
    SUBMITTED: tuple(Submission._fields.index(name) for name in ("submitted_at", "due_at", "announced_at")),
    ANSWERED: tuple(Answer._fields.index(name) for name in ("received_at", "acted_at", "due_at", "announced_at")),
    TOTALS: (),
}


def text_of_row(row: Row) -> str:
    """The winners of a row as text."""
    return to_json([[*key, *told[:4], list(told.facts)] for key, told in row.winners.items()]).decode()


def row_of_text(text: str, *, withdrawn: bool) -> Row:
    """The row that a text was made of."""
    return Row(dict(map(_winner, from_json(text))), withdrawn)


def text_of_cells(cells: Mapping[Cell, int]) -> str:
    """Cells and their counts as text; the cells of one row are few."""
    return to_json([[*cell, count] for cell, count in cells.items()]).decode()


def cells_of_text(text: str) -> dict[Cell, int]:
    """The cells that a text was made of."""
    return {
        (structure, date.fromisoformat(month), measure): count for structure, month, measure, count in from_json(text)
    }


def _winner(stored: list[Any]) -> tuple[StatementKey, Told]:
    source, sort, statement_id, version, at, event_id, retracted, values = stored
    return (
        StatementKey(source, sort, statement_id),
        Told(version, datetime.fromisoformat(at), event_id, retracted, _facts(sort, values)),
    )


def _facts(sort: str, values: list[Any]) -> Facts:
    for index in _INSTANTS[sort]:
        if values[index] is not None:
            values[index] = datetime.fromisoformat(values[index])
    facts = _FACTS[sort](*values)
    if isinstance(facts, Submission) and facts.score is not None:
        scale, mark = facts.score
        return facts._replace(score=(scale, mark))
    return facts
