"""What may be said of answers given in confidence: sums that never come closer to one another than ten answers.

Counts of a structure and quarter are said as they stood at some moment, and said again only once they lie ten answers
away from everything that was ever said of them. So whatever is subtracted from whatever (siblings from a parent, the
quarters from a year, an earlier revision from a later one), the difference is nothing or concerns ten answers or more.

What was not said yet is pooled upwards when the quarter is over: at the lowest structure where what waits below
amounts to ten answers it is said of that structure and those above, and never of those below.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from spplus_indicators import measures

STEP: Final = 10
"""How many answers everything that can be told apart must concern."""

Counts = tuple[int, int, int, int]
"""Answers; of those satisfied, very satisfied, not satisfied."""

NOTHING: Final[Counts] = (0, 0, 0, 0)
MEASURES: Final = (
    measures.SURVEY_ANSWERS,
    measures.SURVEY_SATISFIED,
    measures.SURVEY_VERY_SATISFIED,
    measures.SURVEY_NOT_SATISFIED,
)
"""The measures that are counted, in the order of `Counts`."""


class Cell(NamedTuple):
    """The answers of a structure and quarter: its own, or those that were pooled at it from below."""

    counted: Counts
    """As they are."""
    shown: Counts = NOTHING
    """As they are said."""
    passed_on: Counts = NOTHING
    """What is said further up instead, and never here."""
    said: tuple[Counts, ...] = ()
    """Everything that they were ever said to be, besides nothing."""

    @property
    def waiting(self) -> Counts:
        """What is said nowhere yet."""
        return minus(minus(self.counted, self.shown), self.passed_on)


class Mixed(NamedTuple):
    """Cells that pooling changed, by structure."""

    own: Mapping[str, Cell]
    pooled: Mapping[str, Cell]


def plus(left: Counts, right: Counts) -> Counts:
    """The sum."""
    return left[0] + right[0], left[1] + right[1], left[2] + right[2], left[3] + right[3]


def minus(left: Counts, right: Counts) -> Counts:
    """The difference."""
    return left[0] - right[0], left[1] - right[1], left[2] - right[2], left[3] - right[3]


def apart(left: Counts, right: Counts) -> int:
    """How many answers differ at least: an answer changes each count by one at most."""
    return max(map(abs, minus(left, right)))


def counts_of(tally: Mapping[str, int]) -> Counts:
    """The counts that a tally holds."""
    answers, satisfied, very, not_satisfied = (tally.get(measure, 0) for measure in MEASURES)
    return answers, satisfied, very, not_satisfied


def tally_of(shown: Iterable[Counts]) -> dict[str, int]:
    """The tally that a figure is computed from, given what is said of the cells that it pools.

    A part may lag behind its whole by the answers that are not said yet, so parts are held inside the whole.
    """
    total = NOTHING
    for counts in shown:
        total = plus(total, counts)
    answers, satisfied, very, not_satisfied = total
    answers = max(0, answers)
    satisfied = min(max(0, satisfied), answers)
    very = min(max(0, very), satisfied)
    not_satisfied = min(max(0, not_satisfied), answers - very)
    return dict(zip(MEASURES, (answers, satisfied, very, not_satisfied), strict=True))


def restated(cell: Cell) -> Cell:
    """The cell as it may be said now; the same cell if nothing new may be said.

    Ten answers away from what is shown, it is shown as it is if that is as far from everything said before. Otherwise
    the nearest of what was said before is said once more: that tells nothing, and is less than ten answers wrong.
    """
    wanted = minus(cell.counted, cell.passed_on)
    if apart(wanted, cell.shown) < STEP:
        return cell
    near = [counts for counts in (NOTHING, *cell.said) if apart(wanted, counts) < STEP]
    if near:
        return cell._replace(shown=min(near, key=lambda counts: (apart(wanted, counts), counts)))
    if wanted[0] < STEP:
        return cell._replace(shown=NOTHING)
    return cell._replace(shown=wanted, said=(*cell.said, wanted))


def mixed(own: Mapping[str, Cell], pooled: Mapping[str, Cell], parents: Mapping[str, str | None]) -> Mixed:
    """Pool what waits, from the leaves up, for a quarter that is over.

    `parents` names each structure's parent in that quarter, none for a root; a structure that is not named waits.
    Returns the cells that changed. Done once more on the result it changes nothing.
    """
    now_own, now_pooled = dict(own), dict(pooled)
    below: dict[str, list[tuple[dict[str, Cell], str]]] = {}
    for code in _upwards(parents):
        given = below.pop(code, [])
        if code in now_own and now_own[code].waiting != NOTHING:
            given.append((now_own, code))
        before = now_pooled.get(code, Cell(NOTHING))
        total = before.counted
        for cells, giver in given:
            total = plus(total, cells[giver].waiting)
        after = restated(before._replace(counted=total))
        if after.shown != before.shown:
            for cells, giver in given:
                cell = cells[giver]
                cells[giver] = cell._replace(passed_on=plus(cell.passed_on, cell.waiting))
            now_pooled[code] = after
            given = []
        if code in now_pooled and now_pooled[code].waiting != NOTHING:
            given.append((now_pooled, code))
        parent = parents[code]
        if given and parent is not None:
            below.setdefault(parent, []).extend(given)
    return Mixed(_changed(own, now_own), _changed(pooled, now_pooled))


def _upwards(parents: Mapping[str, str | None]) -> list[str]:
    """Structures below before those above, else by code; a parent that is not named itself is taken for none."""
    depths: dict[str, int] = {}
    for code in parents:
        path: list[str] = []
        above: str | None = code
        while above is not None and above in parents and above not in depths and above not in path:
            path.append(above)
            above = parents[above]
        depth = -1 if above is None else depths.get(above, -1)
        for each in reversed(path):
            depth += 1
            depths[each] = depth
    return sorted(depths, key=lambda code: (-depths[code], code))


def _changed(before: Mapping[str, Cell], after: Mapping[str, Cell]) -> dict[str, Cell]:
    return {code: cell for code, cell in after.items() if before.get(code) != cell}
