"""What is said of answers given in confidence is brought up to date, and figures are computed from that alone."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from spplus_chassis.database import Connection
from spplus_contracts.vocabulary import IndicatorStatus, PeriodKind
from spplus_indicators import disclosure_repository, publication_repository, survey_totals_repository
from spplus_indicators.disclosure import MEASURES, NOTHING, Cell, Counts, minus, mixed, plus, restated, tally_of
from spplus_indicators.figures import FigureKey, Place, Published
from spplus_indicators.formulas import NOT_APPLICABLE, Figure, compute_all
from spplus_indicators.intervals import Bounds
from spplus_indicators.measures import PROTECTED
from spplus_indicators.periods import containing, plus_months
from spplus_indicators.pooling import Place as Month
from spplus_indicators.thresholds import Thresholds
from spplus_indicators.tree import Reach, Tree

_LAST: Final = 2
"""From the first month of a quarter to its last."""
_KINDS: Final = (PeriodKind.QUARTER, PeriodKind.YEAR)
_ENDED_AT_ONCE: Final = 2_000
_MEASURES: Final = frozenset(MEASURES)


async def restate(connection: Connection, tree: Tree, changed: Mapping[Month, Mapping[str, int]], today: date) -> None:
    """Say own answers anew where that may be, once the changes of these structures and months are added up."""
    months = [place for place, counts in changed.items() if not _MEASURES.isdisjoint(counts)]
    if not months:
        return
    said = await _restate(connection, {(code, _quarter(month)) for code, month in months}, today)
    await survey_totals_repository.add_up(connection, _spread(tree, said))
    await queue(connection, {place for code, month in months for place in _elsewhere(tree, code, month)})


async def recount(connection: Connection, places: Iterable[tuple[str, date]], today: date) -> None:
    """Count the own answers of structures and quarters anew, say them anew where that may be, and queue them."""
    chosen = set(places)
    if chosen:
        await _restate(connection, chosen, today)
        await survey_totals_repository.sum_up(connection)
        await queue(connection, await disclosure_repository.above(connection, sorted(chosen)))


async def _restate(connection: Connection, chosen: Iterable[Month], today: date) -> dict[Month, Counts]:
    """Returns by how much each cell is said otherwise, of those that are or that are new."""
    await disclosure_repository.enter_alone(connection)
    places = sorted(chosen)
    before = await disclosure_repository.own_cells(connection, places)
    frozen = await disclosure_repository.frozen(connection)
    now: dict[tuple[str, date], Cell] = {}
    for place, counted in (await disclosure_repository.counted_at(connection, places)).items():
        cell = before.get(place, Cell(NOTHING))._replace(counted=counted)
        now[place] = cell if place[1] in frozen else restated(cell)
    await disclosure_repository.save(connection, now, pooled=False)
    await disclosure_repository.note_changed(connection, (quarter for _, quarter in places), today)
    return _said(before, now)


async def close_quarters(connection: Connection, tree: Tree, today: date) -> int:
    """Pool what waits in quarters that are over, and queue what is final now; returns how many places were queued.

    The tree must not change until the end of the transaction.
    """
    queued = await disclosure_repository.ended(connection, today, _ENDED_AT_ONCE)
    due = await disclosure_repository.to_pool(connection, today)
    if due:
        await disclosure_repository.enter_alone(connection)
    for quarter in due:
        queued |= await _pool(connection, tree, quarter)
    await queue(connection, queued)
    return len(queued)


async def replant(
    connection: Connection, gone: Sequence[tuple[str, Reach]], come: Sequence[tuple[str, Reach]]
) -> set[Month]:
    """Let ancestors lose and gain the quarters of descendants with these reaches; returns whom that changes."""
    moved = await survey_totals_repository.move(connection, gone, come) if gone or come else set()
    return {(code, plus_months(quarter, _LAST)) for code, quarter in moved}


async def queue(connection: Connection, places: Iterable[Month]) -> None:
    """Queue the protected figures of structures and months, before all that waits for its time."""
    targets: dict[Month, Iterable[str]] = dict.fromkeys(sorted(places), MEASURES)
    if targets:
        await publication_repository.enqueue_now(connection, targets)


async def figures(
    connection: Connection,
    wanted: Mapping[Place, Iterable[str]],
    standing: Mapping[FigureKey, Published],
    *,
    not_applicable: Mapping[str, frozenset[str]],
    thresholds: Thresholds,
    network_of: Callable[[str], str],
) -> dict[Place, dict[str, Figure]]:
    """The protected figures among those wanted, from what is said alone; months and rolling windows have none."""
    asked = {
        place: PROTECTED.intersection(codes)
        for place, codes in wanted.items()
        if place.span.kind in _KINDS and not PROTECTED.isdisjoint(codes)
    }
    if not asked:
        return {}
    shown = await survey_totals_repository.shown_at(connection, list(asked))
    frozen = await disclosure_repository.frozen(connection)
    found: dict[Place, dict[str, Figure]] = {}
    for place, codes in asked.items():
        code, span = place
        is_frozen = any(span.start <= quarter < span.end for quarter in frozen)
        for indicator in sorted(codes):
            before = standing.get((code, indicator, str(span.kind), place.key_start))
            if is_frozen and before is not None:
                found.setdefault(place, {})[indicator] = _as_it_stands(before)
            elif not is_frozen and (place in shown or before is not None):
                counts = shown.get(place, NOTHING)
                figure = figure_of(indicator, counts, thresholds, network_of(code))
                is_void = indicator in not_applicable.get(code, ())
                found.setdefault(place, {})[indicator] = NOT_APPLICABLE if is_void else figure
    return found


def figure_of(indicator: str, shown: Counts, thresholds: Thresholds, network: str) -> Figure:
    """A protected figure from what is said of the cells that it pools."""
    return compute_all([indicator], tally_of([shown]), thresholds, network)[indicator]


async def _pool(connection: Connection, tree: Tree, quarter: date) -> set[Month]:
    month = plus_months(quarter, _LAST)
    own, pooled = await disclosure_repository.cells_of(connection, quarter)
    parents = _parents(tree, own.keys() | pooled.keys(), month)
    changed = mixed(own, pooled, parents)
    for cells, is_pooled in ((changed.own, False), (changed.pooled, True)):
        changes = {(code, quarter): cell for code, cell in cells.items()}
        await disclosure_repository.save(connection, changes, pooled=is_pooled)
    await disclosure_repository.note_pooled(connection, quarter)
    placed = {(code, quarter): cell for code, cell in pooled.items()}
    said = _said(placed, {(code, quarter): cell for code, cell in changed.pooled.items()})
    await survey_totals_repository.add_up(connection, _spread(tree, said))
    return {(above, month) for code, _ in said for above in tree.towards(code, month) if above in tree}


def _parents(tree: Tree, codes: Iterable[str], month: date) -> dict[str, str | None]:
    """The parents of declared structures and of all above them, in a month."""
    parents: dict[str, str | None] = {}
    for code in codes:
        above: str | None = code
        while above is not None and above in tree and above not in parents:
            links = tree.links(above)
            parents[above] = next((link.parent for link in reversed(links) if link.since <= month), None)
            above = parents[above]
    return parents


def _elsewhere(tree: Tree, code: str, month: date) -> set[Month]:
    """Where the quarter counts, by its last month, and the month does not: the structure moved in between."""
    last = plus_months(_quarter(month), _LAST)
    if code not in tree or last == month:
        return set()
    only_last = set(tree.towards(code, last)).difference(tree.towards(code, month))
    return {(ancestor, last) for ancestor in only_last if ancestor in tree}


def _said(before: Mapping[Month, Cell], after: Mapping[Month, Cell]) -> dict[Month, Counts]:
    said = {place: minus(cell.shown, before.get(place, Cell(NOTHING)).shown) for place, cell in after.items()}
    return {place: counts for place, counts in said.items() if counts != NOTHING or place not in before}


def _spread(tree: Tree, said: Mapping[Month, Counts]) -> dict[Month, Counts]:
    """Differences of each structure and all above it, by the tree of the quarter's last month."""
    totals: dict[Month, Counts] = {}
    for (code, quarter), counts in said.items():
        if code in tree:
            for above in tree.towards(code, plus_months(quarter, _LAST)):
                totals[above, quarter] = plus(totals.get((above, quarter), NOTHING), counts)
    return totals


def _quarter(month: date) -> date:
    return containing(PeriodKind.QUARTER, month).start


def _as_it_stands(figure: Published) -> Figure:
    interval = None
    if figure.interval_low is not None and figure.interval_high is not None:
        interval = Bounds(figure.interval_low, figure.interval_high)
    numerator = None if figure.numerator is None else int(figure.numerator)
    denominator = None if figure.denominator is None else int(figure.denominator)
    return Figure(IndicatorStatus(figure.status), figure.n, figure.value, numerator, denominator, interval)
