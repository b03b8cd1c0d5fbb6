"""Which figures a reader asks for, and the figures themselves: those of now, or those that stood at an instant."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from spplus_chassis.database import Reader
from spplus_notifier.figure_key import key_range

_FIRST, _AFTER_LAST = "", "~"
"""Keys start with a letter or a digit, and ``~`` comes after all of them."""
_FIRST_STRUCTURES: Final = 50
_GROWTH: Final = 8
_MOST_STRUCTURES: Final = 4_000


@dataclass(frozen=True, slots=True)
class Filter:
    """Which figures are asked for; none (or no indicators) means all."""

    structure_code: str | None = None
    subtree: str | None = None
    """This structure and all below it."""
    indicator_codes: tuple[str, ...] = ()
    period_kind: str | None = None
    period_start: date | None = None
    starts_from: date | None = None
    """First day of the period, or later."""
    starts_before: date | None = None
    """The period begins before this day."""
    status: str | None = None
    engagement: str | None = None


@dataclass(frozen=True, slots=True)
class StoredFigure:
    """One figure."""

    key: str
    data: str
    """IndicatorComputed as JSON."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A filter with what had to be looked up for it."""

    wanted: Filter
    structures: tuple[str, ...] | None = None
    """Codes in the order of the keys; none means every structure."""
    up_to: int | None = None
    """The last change that counts; none means the figures of now."""


async def select(reader: Reader, wanted: Filter, *, today: date, as_of: datetime | None = None) -> Selection:
    """Look up the structures below `subtree` in the tree of today, and the last change before `as_of`."""
    structures: tuple[str, ...] | None = None
    if wanted.subtree is not None:
        below = await subtree(reader, wanted.subtree, today)
        codes = below if wanted.structure_code is None else below & {wanted.structure_code}
        structures = tuple(sorted(codes, key=key_range))
    elif wanted.structure_code is not None:
        structures = (wanted.structure_code,)
    up_to = None if as_of is None else await last_change(reader, as_of)
    return Selection(wanted, structures, up_to)


async def subtree(reader: Reader, code: str, on: date) -> frozenset[str]:
    """The structure and all below it, on a day; itself alone where it is not known."""
    rows = await reader.fetch(_SUBTREE, code, on)
    return frozenset({code, *(row["code"] for row in rows)})


_SUBTREE = """
WITH RECURSIVE down (code) AS (
    SELECT $1::text COLLATE "C"
    UNION
    SELECT link.code FROM down JOIN structure_parents AS link ON link.parent_code = down.code
    WHERE link.valid_from <= $2 AND (link.valid_to IS NULL OR link.valid_to > $2)
)
SELECT code FROM down
"""


async def last_change(reader: Reader, instant: datetime) -> int:
    """The number of the last change that had been published at an instant; 0 before the first."""
    seq: int | None = await reader.fetchval(
        "SELECT seq FROM changes WHERE recorded_at <= $1 ORDER BY recorded_at DESC, seq DESC LIMIT 1", instant
    )
    return seq or 0


async def figures(reader: Reader, asked: Selection, *, after: str | None, limit: int) -> list[StoredFigure]:
    """Figures in the order of their keys, after the given key."""
    if asked.structures is None:
        return await _between(reader, asked, _FIRST, _AFTER_LAST, after or _FIRST, limit)
    found: list[StoredFigure] = []
    for some in _portions(asked.structures, after):
        found += await _of_structures(reader, asked, some, after or _FIRST, limit - len(found))
        if len(found) == limit:
            break
    return found


def _portions(codes: Sequence[str], after: str | None) -> Iterator[Sequence[str]]:
    """The codes whose keys come after a place: few first, since those often fill a page."""
    ahead = [code for code in codes if after is None or key_range(code)[1] > after]
    place, size = 0, _FIRST_STRUCTURES
    while place < len(ahead):
        yield ahead[place : place + size]
        place, size = place + size, min(size * _GROWTH, _MOST_STRUCTURES)


async def _between(reader: Reader, asked: Selection, low: str, high: str, after: str, limit: int) -> list[StoredFigure]:
    query = _Query(asked)
    query.where("f.figure_key >= $%d", low)
    query.where("f.figure_key < $%d", high)
    return await query.run(reader, after, limit)


async def _of_structures(
    reader: Reader, asked: Selection, codes: Sequence[str], after: str, limit: int
) -> list[StoredFigure]:
    if len(codes) == 1:
        indicators = asked.wanted.indicator_codes
        low, high = key_range(codes[0], indicators[0] if len(indicators) == 1 else None)
        return await _between(reader, asked, low, high, after, limit)
    return await _Query(asked).run(reader, after, limit, each_of=codes)


class _Query:
    """The statement for a selection. Its texts are fixed; what was asked goes in as arguments."""

    def __init__(self, asked: Selection) -> None:
        self._arguments: list[object] = []
        self._conditions: list[str] = []
        self._then = ""
        wanted = asked.wanted
        if len(wanted.indicator_codes) == 1:
            self.where("f.indicator_code = $%d", wanted.indicator_codes[0])
        elif wanted.indicator_codes:
            self.where("f.indicator_code = ANY($%d::text[])", list(wanted.indicator_codes))
        if wanted.period_kind is not None:
            self.where("f.period_kind = $%d", wanted.period_kind)
        if asked.up_to is None:
            self._conditions.append("f.removed_at IS NULL")
            self._source, start, status, engagements = "f.data", "f.period_start", "f.status", "f.engagements"
        else:
            # What never changes about a figure is read from its row; the rest as it was said then.
            self._then = (
                "CROSS JOIN LATERAL (SELECT c.data, c.data::jsonb AS said FROM changes AS c "  # noqa: S608 - fixed texts only
                f"WHERE c.figure_key = f.figure_key AND c.seq <= {self.given(asked.up_to)} "
                "ORDER BY c.seq DESC LIMIT 1) AS stood"
            )
            self._conditions.append("stood.data IS NOT NULL")
            self._source, start, status = (
                "stood.data",
                "(stood.said #>> '{period,start}')::date",
                "stood.said ->> 'status'",
            )
            engagements = "ARRAY(SELECT jsonb_array_elements_text(stood.said -> 'engagements'))"
        for condition, value in (
            (f"{start} = $%d", wanted.period_start),
            (f"{start} >= $%d", wanted.starts_from),
            (f"{start} < $%d", wanted.starts_before),
            (f"{status} = $%d", wanted.status),
            (f"$%d = ANY({engagements})", wanted.engagement),
        ):
            if value is not None:
                self.where(condition, value)

    def given(self, value: object) -> str:
        """The place of an argument."""
        self._arguments.append(value)
        return f"${len(self._arguments)}"

    def where(self, condition: str, value: object) -> None:
        """One more condition; `%d` stands for the place of its value."""
        self._arguments.append(value)
        self._conditions.append(condition % len(self._arguments))

    async def run(
        self, reader: Reader, after: str, limit: int, *, each_of: Sequence[str] | None = None
    ) -> list[StoredFigure]:
        """Ask; of some structures, the index is read once for each: only so does the planner know that it should."""
        self.where("f.figure_key > $%d", after)
        if each_of is not None:
            self._conditions += ["f.figure_key >= wanted.code || '|'", "f.figure_key < wanted.code || '}'"]
        asked = (
            f"SELECT f.figure_key, {self._source} AS data FROM figures AS f {self._then} "  # noqa: S608 - fixed texts only
            f"WHERE {' AND '.join(self._conditions)} ORDER BY f.figure_key LIMIT {self.given(limit)}"
        )
        if each_of is not None:
            place = self.given(list(each_of))
            asked = (
                f"SELECT found.* FROM unnest({place}::text[]) AS wanted (code) "  # noqa: S608 - the same
                f"CROSS JOIN LATERAL ({asked}) AS found ORDER BY found.figure_key LIMIT {self.given(limit)}"
            )
        rows = await reader.fetch(asked, *self._arguments)
        return [StoredFigure(row["figure_key"], row["data"]) for row in rows]
