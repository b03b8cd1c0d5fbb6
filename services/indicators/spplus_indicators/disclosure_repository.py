"""SQL of what is said of answers given in confidence."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import asyncpg

from spplus_chassis.database import Connection
from spplus_indicators.disclosure import MEASURES, Cell, Counts, counts_of
from spplus_indicators.figures import FigureKey, Published, Revision
from spplus_indicators.measures import PROTECTED
from spplus_indicators.periods import plus_months
from spplus_indicators.pooling import add, counts_of_text

Row = asyncpg.Record
CellPlace = tuple[str, date]
"""A structure and the first day of a quarter."""
CellKey = tuple[str, date, bool]
"""The same, and whether its answers were pooled there from below."""

_ALONE = 0x53505058
_LOCK = "SELECT pg_advisory_xact_lock($1)"
_FROZEN = "SELECT quarter FROM survey_quarters WHERE frozen"
_COUNTED = """
SELECT wanted.structure_code, wanted.quarter, tally.own
FROM unnest($1::text[], $2::date[]) AS wanted (structure_code, quarter)
JOIN tallies AS tally
    ON tally.structure_code = wanted.structure_code
    AND tally.month >= wanted.quarter AND tally.month < wanted.quarter + interval '3 months'
"""
_COLUMNS = (
    "cell.answers, cell.satisfied, cell.very_satisfied, cell.not_satisfied, cell.counted, cell.passed_on, cell.said"
)
_OWN = f"""
SELECT cell.structure_code, cell.quarter, {_COLUMNS}
FROM unnest($1::text[], $2::date[]) AS wanted (structure_code, quarter)
JOIN survey_cells AS cell
    ON cell.structure_code = wanted.structure_code AND cell.quarter = wanted.quarter AND NOT cell.pooled
"""  # noqa: S608 - names of columns
_OF_QUARTER = f"SELECT cell.structure_code, cell.pooled, {_COLUMNS} FROM survey_cells AS cell WHERE cell.quarter = $1"  # noqa: S608 - the same
_ALL = f"SELECT cell.structure_code, cell.pooled, {_COLUMNS}, cell.quarter FROM survey_cells AS cell"  # noqa: S608 - the same
_PROTECTED_FIGURES = """
SELECT structure_code, indicator_code, period_kind, period_start, revision, status, n, value, numerator, denominator,
    interval_low, interval_high, method_version, provisional, period_end
FROM figures WHERE indicator_code = ANY($1::text[])
"""
_SAVE = """
INSERT INTO survey_cells (structure_code, quarter, pooled, answers, satisfied, very_satisfied, not_satisfied, counted,
    passed_on, said)
SELECT structure_code, quarter, $3, answers, satisfied, very_satisfied, not_satisfied, counted, passed_on, said
FROM unnest($1::text[], $2::date[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::jsonb[], $9::jsonb[],
    $10::jsonb[])
    AS given (structure_code, quarter, answers, satisfied, very_satisfied, not_satisfied, counted, passed_on, said)
ON CONFLICT (structure_code, quarter, pooled) DO UPDATE
SET answers = excluded.answers, satisfied = excluded.satisfied, very_satisfied = excluded.very_satisfied,
    not_satisfied = excluded.not_satisfied, counted = excluded.counted, passed_on = excluded.passed_on,
    said = excluded.said
"""
_CHANGED = """
INSERT INTO survey_quarters (quarter, changed_on) SELECT quarter, $2 FROM unnest($1::date[]) AS quarter
ON CONFLICT (quarter) DO UPDATE SET changed_on = excluded.changed_on
"""
_DUE = """
SELECT quarter FROM survey_quarters
WHERE changed_on < $1 AND quarter + interval '3 months' <= $1 AND NOT frozen ORDER BY quarter
"""
_POOLED = "UPDATE survey_quarters SET changed_on = NULL WHERE quarter = $1"
# Day 62 of a quarter lies in its last month; the closure knows whole months.
_ABOVE = """
SELECT DISTINCT closure.ancestor, given.quarter
FROM unnest($1::text[], $2::date[]) AS given (structure_code, quarter)
JOIN closure
    ON closure.descendant = given.structure_code AND closure.since <= given.quarter + 62
    AND closure.until > given.quarter + 62
JOIN structures ON structures.code = closure.ancestor
"""
_ENDED = """
SELECT DISTINCT structure_code, period_start FROM figures
WHERE provisional AND period_end <= $1 AND indicator_code = ANY($2::text[]) AND period_kind IN ('quarter', 'year')
    AND EXISTS (SELECT FROM structures WHERE structures.code = figures.structure_code)
ORDER BY structure_code, period_start LIMIT $3
"""
_FREEZE = """
INSERT INTO survey_quarters (quarter, frozen)
SELECT DISTINCT learnt.quarter, true
FROM unnest($1::text[], $2::text[], $3::date[], $4::int[]) AS learnt (structure_code, indicator_code, quarter, revision)
LEFT JOIN figures AS figure
    ON figure.structure_code = learnt.structure_code AND figure.indicator_code = learnt.indicator_code
    AND figure.period_kind = 'quarter' AND figure.period_start = learnt.quarter
WHERE figure.revision IS NULL OR figure.revision <= learnt.revision
ON CONFLICT (quarter) DO UPDATE SET frozen = true
"""


async def enter_alone(connection: Connection) -> None:
    """Nobody else changes what is said until the end of the transaction."""
    await connection.execute(_LOCK, _ALONE)


async def frozen(connection: Connection) -> set[date]:
    """Quarters of which nothing new is said."""
    return {row[0] for row in await connection.fetch(_FROZEN)}


async def counted_at(connection: Connection, places: Sequence[CellPlace]) -> dict[CellPlace, Counts]:
    """The own survey answers of structures and quarters, as they are."""
    totals: dict[CellPlace, dict[str, int]] = {place: {} for place in places}
    for code, quarter, own in await connection.fetch(_COUNTED, *_split(places)):
        counts = counts_of_text(own)
        add(totals[code, quarter], {measure: counts.get(measure, 0) for measure in MEASURES})
    return {place: counts_of(total) for place, total in totals.items()}


async def own_cells(connection: Connection, places: Sequence[CellPlace]) -> dict[CellPlace, Cell]:
    """The cells of structures and quarters that exist."""
    return {(row[0], row[1]): _cell(row) for row in await connection.fetch(_OWN, *_split(places))}


async def cells_of(connection: Connection, quarter: date) -> tuple[dict[str, Cell], dict[str, Cell]]:
    """All cells of a quarter by structure: own ones, and pooled ones."""
    own: dict[str, Cell] = {}
    pooled: dict[str, Cell] = {}
    for row in await connection.fetch(_OF_QUARTER, quarter):
        (pooled if row[1] else own)[row[0]] = _cell(row)
    return own, pooled


async def all_cells(connection: Connection) -> dict[CellKey, Cell]:
    """Every cell."""
    return {(row[0], row[9], row[1]): _cell(row) for row in await connection.fetch(_ALL)}


async def protected_figures(connection: Connection) -> dict[FigureKey, Published]:
    """The protected figures that stand."""
    rows = await connection.fetch(_PROTECTED_FIGURES, sorted(PROTECTED))
    return {(row[0], row[1], row[2], row[3]): Published(*row[4:]) for row in rows}


async def save(connection: Connection, cells: Mapping[CellPlace, Cell], *, pooled: bool) -> None:
    """Write cells."""
    if not cells:
        return
    values = list(cells.values())
    await connection.execute(
        _SAVE,
        *_split(list(cells)),
        pooled,
        *([cell.shown[part] for cell in values] for part in range(len(MEASURES))),
        *([json.dumps(part) for part in column] for column in zip(*map(_kept, values), strict=True)),
    )


async def note_changed(connection: Connection, quarters: Iterable[date], today: date) -> None:
    """Remember that answers of these quarters changed."""
    await connection.execute(_CHANGED, sorted(set(quarters)), today)


async def to_pool(connection: Connection, today: date) -> list[date]:
    """Quarters that are over and changed on an earlier day than today."""
    return [row[0] for row in await connection.fetch(_DUE, today)]


async def note_pooled(connection: Connection, quarter: date) -> None:
    """What changed in a quarter is pooled now."""
    await connection.execute(_POOLED, quarter)


async def above(connection: Connection, places: Sequence[CellPlace]) -> set[tuple[str, date]]:
    """Declared structures for which these quarters count, and the month by which they do."""
    return {(row[0], plus_months(row[1], 2)) for row in await connection.fetch(_ABOVE, *_split(places))}


async def ended(connection: Connection, today: date, limit: int) -> set[tuple[str, date]]:
    """Structures and first months of provisional protected figures whose period is over."""
    return {(row[0], row[1]) for row in await connection.fetch(_ENDED, today, sorted(PROTECTED), limit)}


async def freeze(connection: Connection, learnt: Iterable[Revision]) -> None:
    """Freeze the quarters of protected figures that were told otherwise than they stand here, by a later revision.

    What was said of these quarters is lost. Call it before the figures are saved.
    """
    keys = [(revision.key, revision.figure.revision) for revision in learnt]
    quarters = [(key, number) for key, number in keys if key[1] in PROTECTED and key[2] == "quarter"]
    if quarters:
        await connection.execute(
            _FREEZE,
            [key[0] for key, _ in quarters],
            [key[1] for key, _ in quarters],
            [key[3] for key, _ in quarters],
            [number for _, number in quarters],
        )


def _split(places: Sequence[CellPlace]) -> tuple[list[str], list[date]]:
    return [code for code, _ in places], [quarter for _, quarter in places]


def _kept(cell: Cell) -> tuple[object, object, object]:
    return cell.counted, cell.passed_on, cell.said


def _cell(row: Row) -> Cell:
    counted, passed_on, said = (json.loads(text) for text in (row[6], row[7], row[8]))
    return Cell(
        _counts(counted), (row[2], row[3], row[4], row[5]), _counts(passed_on), tuple(_counts(each) for each in said)
    )


def _counts(parts: Sequence[int]) -> Counts:
    answers, satisfied, very, not_satisfied = parts
    return answers, satisfied, very, not_satisfied
