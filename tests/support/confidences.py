"""A small administration whose answers come, change and go, and all that is published of it, as sums of unknowns.

Beside the counts that the product keeps, each cell keeps what its counts are made of. Who attacks knows all of the
administration: which sums are published, and when they changed. What is unknown depends on how much more is known:

- `knows_who`: also who answered and withdrew when, so that each answer is one unknown;
- otherwise each change of a cell's counts is one unknown.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from spplus_indicators.disclosure import NOTHING, STEP, Cell, Counts, mixed, plus, restated
from tests.support.attacker import Form, Knowledge, combined

PARENTS = {"A": None, "B": "A", "C": "A", "D": "B", "E": "B", "F": "C"}
QUARTERS = (1, 2)
VALUES: tuple[Counts, ...] = ((1, 1, 1, 0), (1, 1, 0, 0), (1, 0, 0, 1))
Place = tuple[str, int]
"""Structure and quarter."""


@dataclass
class Content:
    """What the counts of a cell are made of."""

    counted: Form = field(default_factory=dict)
    shown: Form = field(default_factory=dict)
    passed_on: Form = field(default_factory=dict)
    said: dict[Counts, Form] = field(default_factory=lambda: {NOTHING: {}})

    def waiting(self) -> Form:
        return combined((1, self.counted), (-1, self.shown), (-1, self.passed_on))


@dataclass
class World:
    """The administration through time."""

    knows_who: bool
    restate: Callable[[Cell], Cell] = restated
    own: dict[Place, Cell] = field(default_factory=dict)
    pooled: dict[Place, Cell] = field(default_factory=dict)
    alive: dict[Place, dict[int, int]] = field(default_factory=dict)
    history: dict[Place, list[tuple[frozenset[tuple[int, int]], Form]]] = field(default_factory=dict)
    contents: dict[tuple[str, Place], Content] = field(default_factory=dict)
    moments: int = 0

    def content(self, kind: str, place: Place) -> Content:
        return self.contents.setdefault((kind, place), Content())

    def change(
        self, place: Place, come: Sequence[int] = (), *, gone: int = 0, latest_gone: int = 0, corrected: int = 0
    ) -> None:
        """Answers go, the earliest and the latest; the latest left get another value; others come. It is told."""
        alive = self.alive.setdefault(place, {})
        self.moments += 1
        for name in {*list(alive)[:gone], *list(alive)[::-1][:latest_gone]}:
            del alive[name]
        for name in list(alive)[len(alive) - min(corrected, len(alive)) :]:
            alive[name] = (alive[name] + 1) % len(VALUES)
        alive.update({self.moments * 1_000 + index: value for index, value in enumerate(come)})
        content = self.content("own", place)
        answers = frozenset(alive.items())
        changed = answers != self.history.get(place, [(frozenset(), {})])[-1][0]
        if self.knows_who:
            content.counted = dict.fromkeys(answers, 1)
        elif changed:
            content.counted = combined((1, content.counted), (1, {(place, self.moments): 1}))
        if changed:
            self.history.setdefault(place, []).append((answers, content.counted))
        self._tell(place)

    def _tell(self, place: Place) -> None:
        before = self.own.get(place, Cell(NOTHING))
        after = self.restate(before._replace(counted=_sum_of(self.alive[place].values())))
        self.own[place] = after
        self._follow("own", place, before, after)

    def close(self, quarter: int) -> None:
        """Pool what waits in a quarter that is over."""
        own, pooled = self._of(self.own, quarter), self._of(self.pooled, quarter)
        changed = mixed(own, pooled, PARENTS)
        takers = {code for code, cell in changed.pooled.items() if cell.counted != _counted(pooled.get(code))}
        for code in sorted(changed.own):
            self._pass_on("own", (code, quarter), self._taker(code, takers))
        for code in sorted(changed.pooled, key=_depth, reverse=True):
            place, before, after = (code, quarter), pooled.get(code, Cell(NOTHING)), changed.pooled[code]
            if code in takers:
                self._follow("pooled", place, before, after)
            if after.passed_on != before.passed_on:
                self._pass_on("pooled", place, self._taker(PARENTS[code], takers))
        self.own |= {(code, quarter): cell for code, cell in changed.own.items()}
        self.pooled |= {(code, quarter): cell for code, cell in changed.pooled.items()}

    def figures(self) -> Iterator[Form]:
        """What is published of every structure, quarter and the year."""
        for code in PARENTS:
            quarters = [self.figure(code, quarter) for quarter in QUARTERS]
            yield from quarters
            yield combined(*((1, form) for form in quarters))

    def cells(self) -> Iterator[Form]:
        """What each cell shows: every figure is a sum of these, whatever tree there was or will be."""
        return (content.shown for content in self.contents.values())

    def naive_figures(self) -> Iterator[Form]:
        """What a publication would be that only hides figures of fewer than ten answers."""
        for code in PARENTS:
            cells = [[(each, quarter) for each in _below(code)] for quarter in QUARTERS]
            for places in (*cells, [place for quarter in cells for place in quarter]):
                if sum(len(self.alive.get(place, ())) for place in places) >= STEP:
                    yield combined(*((1, self.content("own", place).counted) for place in places))

    def misread(self) -> list[tuple[str, Place]]:
        """Cells whose unknowns do not add up to their counts; who came and went must be known."""
        cells = {("own", place): cell for place, cell in self.own.items()}
        cells |= {("pooled", place): cell for place, cell in self.pooled.items()}
        return [
            name
            for name, cell in cells.items()
            for form, counts in (
                (self.contents[name].counted, cell.counted),
                (self.contents[name].shown, cell.shown),
                (self.contents[name].passed_on, cell.passed_on),
            )
            if _valued(form) != counts
        ]

    def secrets(self) -> Iterator[tuple[str, Form]]:
        """Sums about fewer than ten answers: those of a structure, and what changed in it between two moments."""
        for place, moments in self.history.items():
            past: list[tuple[frozenset[tuple[int, int]], Form]] = [(frozenset(), {}), *moments]
            for index, (answers, form) in enumerate(past):
                for earlier, earlier_form in past[:index]:
                    if 0 < len({name for name, _ in answers ^ earlier}) < STEP:
                        yield f"{place} {index}", combined((1, form), (-1, earlier_form))
                if self.knows_who:
                    for answer in answers:
                        yield f"{place} {answer}", {answer: 1}

    def figure(self, code: str, quarter: int) -> Form:
        cells = [(kind, (each, quarter)) for each in _below(code) for kind in ("own", "pooled")]
        return combined(*((1, self.contents[cell].shown) for cell in cells if cell in self.contents))

    def _follow(self, kind: str, place: Place, before: Cell, after: Cell) -> None:
        """What is said anew is what is counted now; what is said once more is what it was then."""
        content = self.content(kind, place)
        if after.said != before.said:
            content.said[after.shown] = combined((1, content.counted), (-1, content.passed_on))
        content.shown = content.said[after.shown]

    def _pass_on(self, kind: str, place: Place, taker: str) -> None:
        content = self.content(kind, place)
        passed = content.waiting()
        content.passed_on = combined((1, content.passed_on), (1, passed))
        taken = self.content("pooled", (taker, place[1]))
        taken.counted = combined((1, taken.counted), (1, passed))

    @staticmethod
    def _taker(code: str | None, takers: set[str]) -> str:
        while code not in takers:
            assert code is not None
            code = PARENTS[code]
        return code

    @staticmethod
    def _of(cells: dict[Place, Cell], quarter: int) -> dict[str, Cell]:
        return {code: cell for (code, of), cell in cells.items() if of == quarter}


def told_of(world: World) -> dict[tuple[str, str, date], tuple[int, int | None]]:
    """n and numerator of satisfaction by structure and period, where anything was ever answered; who came is known."""
    told: dict[tuple[str, str, date], tuple[int, int | None]] = {}
    for code in PARENTS:
        parts = [quarter for quarter in QUARTERS if any((each, quarter) in world.history for each in _below(code))]
        periods = {("quarter", date(2026, 3 * quarter - 2, 1)): [quarter] for quarter in parts}
        if parts:
            periods["year", date(2026, 1, 1)] = parts
        for (kind, start), quarters in periods.items():
            answers, satisfied, _, _ = _valued(combined(*((1, world.figure(code, each)) for each in quarters)))
            n = max(0, answers)
            told[code, kind, start] = (n, min(max(0, satisfied), n) if n else None)
    return told


def attacked(
    world: World, play: Callable[[World], Iterator[None]], seen: Callable[[World], Iterator[Form]] = World.figures
) -> list[str]:
    """Which secrets come out when a history is played and all that is seen at each moment is kept."""
    knowledge = Knowledge()
    for _ in play(world):
        knowledge.see_all(seen(world))
    return [name for name, secret in world.secrets() if secret and knowledge.gives(secret)]


def _valued(form: Form) -> Counts:
    """What a sum of answers comes to; each is named with its value."""
    columns = [[count * part for part in VALUES[value]] for (_, value), count in form.items()]  # type: ignore[misc,has-type]
    answers, satisfied, very, not_satisfied = (sum(column) for column in zip(NOTHING, *columns, strict=True))
    return answers, satisfied, very, not_satisfied


def _sum_of(values: Iterable[int]) -> Counts:
    total = NOTHING
    for value in values:
        total = plus(total, VALUES[value])
    return total


def _counted(cell: Cell | None) -> Counts:
    return NOTHING if cell is None else cell.counted


def _depth(code: str) -> int:
    parent = PARENTS[code]
    return 0 if parent is None else 1 + _depth(parent)


def _below(code: str) -> list[str]:
    return [code, *(each for child, parent in PARENTS.items() if parent == code for each in _below(child))]
