"""SQL of what is said of survey answers of structures with their descendants, kept as cells and tree change."""

from collections.abc import Mapping, Sequence
from datetime import date

from spplus_chassis.database import Connection
from spplus_indicators.disclosure import NOTHING, Counts, plus
from spplus_indicators.figures import Place
from spplus_indicators.tree import Reach

Total = tuple[str, date]
"""A structure and the first day of a quarter."""

_MONTHS = 3
_COLUMNS = "answers, satisfied, very_satisfied, not_satisfied"
_SUMS = ", ".join(f"sum(cell.{name})" for name in _COLUMNS.split(", "))
_SIGNED = ", ".join(f"sum(given.sign * cell.{name})" for name in _COLUMNS.split(", "))
_ADD = f"""
ON CONFLICT (structure_code, quarter) DO UPDATE
SET {", ".join(f"{name} = total.{name} + excluded.{name}" for name in _COLUMNS.split(", "))}
"""
_INSERT = f"INSERT INTO survey_totals AS total (structure_code, quarter, {_COLUMNS})"
_ADD_UP = f"""
{_INSERT} SELECT * FROM unnest($1::text[], $2::date[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]) {_ADD}
"""  # noqa: S608 - names of columns
# Day 62 of a quarter lies in its last month; the closure knows whole months.
_MOVE = f"""
{_INSERT}
SELECT given.ancestor, cell.quarter, {_SIGNED}
FROM unnest($1::text[], $2::text[], $3::date[], $4::date[], $5::int[])
    AS given (descendant, ancestor, since, until, sign)
JOIN survey_cells AS cell
    ON cell.structure_code = given.descendant
    AND given.since <= cell.quarter + 62 AND given.until > cell.quarter + 62
GROUP BY given.ancestor, cell.quarter {_ADD}
RETURNING total.structure_code, total.quarter
"""  # noqa: S608 - the same
_CLEAR = "UPDATE survey_totals SET answers = 0, satisfied = 0, very_satisfied = 0, not_satisfied = 0"
_SUM_UP = f"""
{_INSERT}
SELECT closure.ancestor, cell.quarter, {_SUMS}
FROM survey_cells AS cell
JOIN closure
    ON closure.descendant = cell.structure_code
    AND closure.since <= cell.quarter + 62 AND closure.until > cell.quarter + 62
GROUP BY closure.ancestor, cell.quarter {_ADD}
"""  # noqa: S608 - the same
_ALL = f"SELECT structure_code, quarter, {_COLUMNS} FROM survey_totals"  # noqa: S608 - the same
_AT = f"""
SELECT structure_code, quarter, {_COLUMNS}
FROM survey_totals JOIN unnest($1::text[], $2::date[]) AS wanted (structure_code, quarter)
    USING (structure_code, quarter)
"""  # noqa: S608 - the same


async def add_up(connection: Connection, differences: Mapping[Total, Counts]) -> None:
    """Add differences; one of nothing says that there are answers."""
    if differences:
        totals = sorted(differences)
        columns = zip(*(differences[total] for total in totals), strict=True)
        await connection.execute(_ADD_UP, [code for code, _ in totals], [quarter for _, quarter in totals], *columns)


async def move(
    connection: Connection, gone: Sequence[tuple[str, Reach]], come: Sequence[tuple[str, Reach]]
) -> set[Total]:
    """Let ancestors lose and gain what is said of descendants; returns whose totals these are."""
    reaches = [*gone, *come]
    rows = await connection.fetch(
        _MOVE,
        [code for code, _ in reaches],
        [reach.ancestor for _, reach in reaches],
        [reach.since for _, reach in reaches],
        [reach.until for _, reach in reaches],
        [-1] * len(gone) + [1] * len(come),
    )
    return {(row[0], row[1]) for row in rows}


async def sum_up(connection: Connection) -> None:
    """Compute every total anew, from cells and closure; neither must change until the end of the transaction."""
    await connection.execute(_CLEAR)
    await connection.execute(_SUM_UP)


async def every(connection: Connection) -> dict[Total, Counts]:
    """Every total."""
    return {(row[0], row[1]): (row[2], row[3], row[4], row[5]) for row in await connection.fetch(_ALL)}


async def shown_at(connection: Connection, places: Sequence[Place]) -> dict[Place, Counts]:
    """What is said of structures with their descendants over quarters or years; none where there are no answers."""
    wanted = sorted({(code, quarter) for code, span in places for quarter in span.months[::_MONTHS]})
    rows = await connection.fetch(_AT, [code for code, _ in wanted], [quarter for _, quarter in wanted])
    stored: dict[Total, Counts] = {(row[0], row[1]): (row[2], row[3], row[4], row[5]) for row in rows}
    totals: dict[Place, Counts] = {}
    for place in places:
        for quarter in place.span.months[::_MONTHS]:
            if (place.structure_code, quarter) in stored:
                totals[place] = plus(totals.get(place, NOTHING), stored[place.structure_code, quarter])
    return totals
