"""What is said of answers given in confidence, checked: against the ledger, against its own rules, and each figure.

What was said cannot be computed again from the ledger. That it fits the ledger can be checked, and the figures can.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from spplus_chassis.database import Connection
from spplus_contracts.vocabulary import PeriodKind
from spplus_indicators import disclosure_repository, queries, survey_totals_repository
from spplus_indicators.disclosing import figure_of
from spplus_indicators.disclosure import MEASURES, NOTHING, Cell, Counts, counts_of, minus, plus, restated
from spplus_indicators.figures import FigureKey, Published, published
from spplus_indicators.formulas import NOT_APPLICABLE, Figure
from spplus_indicators.measures import PROTECTED
from spplus_indicators.periods import containing, plus_months
from spplus_indicators.pooling import Place
from spplus_indicators.thresholds import Thresholds

_Totals = dict[tuple[str, PeriodKind, date], Counts]
"""What is shown, by structure with its descendants and period."""


class Unlike(NamedTuple):
    """Something that is not as it has to be, in the fields of a difference of the audit."""

    what: str
    key: tuple[str, ...]
    stored: str
    computed: str


async def unlike(
    connection: Connection, own: Mapping[Place, Mapping[str, int]], skipped: set[str], thresholds: Thresholds
) -> list[Unlike]:
    """All that is wrong, given own counts by structure and month; figures of skipped structures are passed over."""
    cells = await disclosure_repository.all_cells(connection)
    frozen = await disclosure_repository.frozen(connection)
    shown = await _shown(connection, cells)
    totals = await survey_totals_repository.every(connection)
    found = [*_unlike_ledger(cells, own), *_unlike_rules(cells, frozen), *_unlike_totals(totals, shown)]
    standing = await disclosure_repository.protected_figures(connection)
    declared = await queries.declared(connection)
    keys = {(code, indicator, str(kind), start) for code, kind, start in shown for indicator in PROTECTED}
    for key in sorted(keys | standing.keys()):
        code, indicator, kind, start = key
        span = (code, PeriodKind(kind), start)
        if code in declared and code not in skipped and not _is_frozen(span, frozen):
            figure = figure_of(indicator, shown.get(span, NOTHING), thresholds, declared[code].network)
            figure = NOT_APPLICABLE if indicator in declared[code].not_applicable else figure
            found += _unlike_figure(key, standing.get(key), figure)
    return found


def _unlike_ledger(
    cells: Mapping[disclosure_repository.CellKey, Cell], own: Mapping[Place, Mapping[str, int]]
) -> Iterator[Unlike]:
    """Own cells that do not count what the ledger does."""
    counted: dict[tuple[str, date], Counts] = {}
    for (code, month), tally in own.items():
        place = code, containing(PeriodKind.QUARTER, month).start
        counted[place] = plus(counted.get(place, NOTHING), counts_of(tally))
    stored = {(code, quarter): cell.counted for (code, quarter, pooled), cell in cells.items() if not pooled}
    for place in sorted(counted.keys() | stored.keys()):
        kept, computed = stored.get(place, NOTHING), counted.get(place, NOTHING)
        if kept != computed:
            yield Unlike("survey cell", (place[0], str(place[1])), _text(kept), _text(computed))


def _unlike_rules(cells: Mapping[disclosure_repository.CellKey, Cell], frozen: set[date]) -> Iterator[Unlike]:
    """Cells that should be said anew, and quarters in which not all that was passed on arrived."""
    balance: dict[date, Counts] = {}
    for (code, quarter, pooled), cell in sorted(cells.items()):
        now = cell if quarter in frozen else restated(cell)
        if now.shown != cell.shown:
            yield Unlike("survey shown", (code, str(quarter)), _text(cell.shown), _text(now.shown))
        arrived = minus(cell.counted, cell.passed_on) if pooled else minus(NOTHING, cell.passed_on)
        balance[quarter] = plus(balance.get(quarter, NOTHING), arrived)
    for quarter, left in balance.items():
        if left != NOTHING:
            yield Unlike("survey pooled", (str(quarter),), _text(left), _text(NOTHING))


def _unlike_totals(totals: Mapping[survey_totals_repository.Total, Counts], shown: _Totals) -> Iterator[Unlike]:
    """Totals that are not the sums of the cells below."""
    sums = {(code, start): counts for (code, kind, start), counts in shown.items() if kind is PeriodKind.QUARTER}
    for total in sorted(totals.keys() | sums.keys()):
        kept, computed = totals.get(total, NOTHING), sums.get(total, NOTHING)
        if kept != computed:
            yield Unlike("survey total", (total[0], str(total[1])), _text(kept), _text(computed))


async def _shown(connection: Connection, cells: Mapping[disclosure_repository.CellKey, Cell]) -> _Totals:
    reaches = await queries.closure(connection)
    totals: _Totals = {}
    for (code, quarter, _), cell in cells.items():
        month = plus_months(quarter, 2)
        for ancestor, since, until in reaches.get(code, ()):
            if since <= month < until:
                for kind in (PeriodKind.QUARTER, PeriodKind.YEAR):
                    place = ancestor, kind, containing(kind, quarter).start
                    totals[place] = plus(totals.get(place, NOTHING), cell.shown)
    return totals


def _is_frozen(span: tuple[str, PeriodKind, date], frozen: set[date]) -> bool:
    return any(containing(span[1], quarter).start == span[2] for quarter in frozen)


def _unlike_figure(key: FigureKey, standing: Published | None, figure: Figure) -> Iterator[Unlike]:
    computed = published(key[1], figure, 0, key[3], provisional=False)
    if standing is None or standing[1:8] != computed[1:8]:
        yield Unlike("figure", tuple(map(str, key)), str(standing), str(computed))


def _text(counts: Counts) -> str:
    return str(dict(zip(MEASURES, counts, strict=True)))
