"""The tree of structures through time: which structure counts towards which others, month by month.

A month uses the tree of its last day, the open month today's. So a parent valid from some day of a month is the
parent for that whole month, once that day has come. Before its first parent a structure is a root. A parent that
nobody declared yet stands as a provisional root.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import groupby
from typing import Final, NamedTuple

ALWAYS: Final = date(1, 1, 1)
"""First month of all."""
FOREVER: Final = date(9999, 12, 1)
"""After the last month of all."""


class Link(NamedTuple):
    """From this month on, that parent; none for a root."""

    since: date
    parent: str | None


class Reach(NamedTuple):
    """A structure counts towards an ancestor (or itself) in the months from `since`, before `until`."""

    ancestor: str
    since: date
    until: date


class Move(NamedTuple):
    """What one structure declares for a day; moves of one day are tried in the order of these fields."""

    since: date
    told_at: datetime
    told_id: str
    code: str
    parent: str | None


class Planted(NamedTuple):
    """A tree, and what it could not take."""

    tree: "Tree"
    refused: Mapping[str, tuple[str, ...]]
    """Structures that keep an earlier parent, each with the circle that its declared parent would close."""


def parents_with_successor(
    parents: Iterable[tuple[date, str | None]], closed_on: date | None, successor: str | None
) -> tuple[tuple[date, str | None], ...]:
    """Parents by their first day; once a structure is closed, the one that took over stands as its parent.

    Parents of later days are void then. A closed structure without a successor keeps its parents.
    """
    ordered = sorted(parents, key=lambda each: each[0])
    if closed_on is None or successor is None:
        return tuple(ordered)
    return (*(each for each in ordered if each[0] < closed_on), (closed_on, successor))


def plant(codes: Iterable[str], moves: Iterable[Move], today: date) -> Planted:
    """The tree through time up to a day, from what all structures declare; the order of the arguments is no matter.

    Moves take place day by day. One that would make a structure its own ancestor waits, and the structure keeps the
    parent that it had, until other moves have opened the circle or another move replaces it. Of the moves that can
    take place on a day the first in their order goes first.
    """
    standing: dict[str, str | None] = {}
    history: dict[str, dict[date, str | None]] = {code: {} for code in codes}
    waiting: dict[str, Move] = {}
    for day, of_the_day in groupby(sorted(_begun(moves, today), key=_by_day), key=lambda move: move.since):
        waiting.update((move.code, move) for move in of_the_day)
        stuck: list[Move] = []
        for move in sorted(waiting.values(), key=_in_order):
            stuck.append(move)
            while (able := next((each for each in stuck if not _closes(each, standing)), None)) is not None:
                stuck.remove(able)
                standing[able.code] = history[able.code][day.replace(day=1)] = able.parent
        waiting = {move.code: move for move in stuck}
    tree = Tree({code: _links(by_month) for code, by_month in history.items()})
    return Planted(tree, {move.code: _closes(move, standing) for move in waiting.values()})


def _begun(moves: Iterable[Move], today: date) -> Iterator[Move]:
    return (move for move in moves if move.since <= today)


def _by_day(move: Move) -> date:
    """Of two parents that a structure declares for one day the last one stands: sorting keeps their order."""
    return move.since


def _in_order(move: Move) -> tuple[date, datetime, str, str]:
    return move[:4]


def _closes(move: Move, standing: Mapping[str, str | None]) -> tuple[str, ...]:
    """The circle that a move would close, from the structure up; empty when it may take place."""
    path = [move.code]
    above = move.parent
    while above is not None:
        if above == move.code:
            return tuple(path)
        path.append(above)
        above = standing.get(above)
    return ()


def _links(by_month: Mapping[date, str | None]) -> tuple[Link, ...]:
    links: list[Link] = []
    for since, parent in by_month.items():
        if not links or links[-1].parent != parent:
            links.append(Link(since, parent))
    return tuple(links)


class Tree:
    """The declared structures and their links, which must not make a circle in any month."""

    def __init__(self, links: Mapping[str, tuple[Link, ...]]) -> None:
        self._links = dict(links)
        self._lineages: dict[str, tuple[Reach, ...]] = {}

    def __contains__(self, code: object) -> bool:
        return code in self._links

    def links(self, code: str) -> tuple[Link, ...]:
        """The links of a structure; none for one that was not declared."""
        return self._links.get(code, ())

    def unlike(self, before: "Tree") -> set[str]:
        """Structures that are new here or have other links than before."""
        return {code for code, links in self._links.items() if code not in before or before.links(code) != links}

    def lineage(self, code: str) -> tuple[Reach, ...]:
        """The structure itself and its ancestors, each with its months; sorted, touching months joined."""
        known = self._lineages.get(code)
        if known is None:
            known = self._lineages[code] = _joined(self._walk(code, ALWAYS, FOREVER))
        return known

    def towards(self, code: str, month: date) -> list[str]:
        """The structure and its ancestors in a month."""
        return [reach.ancestor for reach in self.lineage(code) if reach.since <= month < reach.until]

    def is_root(self, code: str) -> bool:
        """Whether it has no parent today."""
        links = self._links.get(code)
        return not links or links[-1].parent is None

    def below(self, codes: Iterable[str]) -> set[str]:
        """The structures themselves and all that were ever below them."""
        children: dict[str, list[str]] = {}
        for child, links in self._links.items():
            for link in links:
                if link.parent is not None:
                    children.setdefault(link.parent, []).append(child)
        found: set[str] = set()
        waiting = list(codes)
        while waiting:
            code = waiting.pop()
            if code not in found:
                found.add(code)
                waiting.extend(children.get(code, ()))
        return found

    def _walk(self, code: str, since: date, until: date) -> Iterator[Reach]:
        yield Reach(code, since, until)
        links = self._links.get(code, ())
        for index, link in enumerate(links):
            begin = max(since, link.since)
            end = min(until, links[index + 1].since) if index + 1 < len(links) else until
            if link.parent is not None and begin < end:
                yield from self._walk(link.parent, begin, end)


def _joined(reaches: Iterable[Reach]) -> tuple[Reach, ...]:
    joined: list[Reach] = []
    for reach in sorted(reaches):
        if joined and joined[-1].ancestor == reach.ancestor and joined[-1].until >= reach.since:
            joined[-1] = Reach(reach.ancestor, joined[-1].since, max(joined[-1].until, reach.until))
        else:
            joined.append(reach)
    return tuple(joined)
