"""The tree of structures through time: which structure counts towards which others, month by month.

A month uses the tree of its last day, the open month today's. So a parent valid from some day of a month is the
parent for that whole month, once that day has come. Before its first parent a structure is a root. A parent that
nobody declared yet stands as a provisional root.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
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


class Cycle(Exception):  # noqa: N818 - a fact about the declarations
    """A structure would be its own ancestor."""


def effective_links(parents: Iterable[tuple[date, str | None]], today: date) -> tuple[Link, ...]:
    """The parents by month, from dates of validity; what lies ahead waits for its day."""
    by_month: dict[date, str | None] = {}
    for valid_from, parent in sorted(parents, key=lambda each: each[0]):
        if valid_from <= today:
            by_month[valid_from.replace(day=1)] = parent
    links: list[Link] = []
    for since, parent in sorted(by_month.items()):
        if not links or links[-1].parent != parent:
            links.append(Link(since, parent))
    return tuple(links)


def next_change(parents: Iterable[tuple[date, str | None]], today: date) -> date | None:
    """The next day on which another parent becomes valid."""
    return min((valid_from for valid_from, _ in parents if valid_from > today), default=None)


class Tree:
    """The declared structures and their links."""

    def __init__(self, links: Mapping[str, tuple[Link, ...]]) -> None:
        self._links = dict(links)
        self._lineages: dict[str, tuple[Reach, ...]] = {}

    def __contains__(self, code: object) -> bool:
        return code in self._links

    def links(self, code: str) -> tuple[Link, ...]:
        """The links of a structure; none for one that was not declared."""
        return self._links.get(code, ())

    def relink(self, code: str, links: tuple[Link, ...]) -> None:
        """Give a structure other links, in place. Raises `Cycle` and then changes nothing."""
        before = self._links.get(code)
        self._links[code] = links
        try:
            list(self._walk(code, ALWAYS, FOREVER, (), strict=True))
        except Cycle:
            if before is None:
                del self._links[code]
            else:
                self._links[code] = before
            raise
        self._lineages.clear()

    def lineage(self, code: str) -> tuple[Reach, ...]:
        """The structure itself and its ancestors, each with its months; sorted, touching months joined."""
        known = self._lineages.get(code)
        if known is None:
            known = self._lineages[code] = _joined(self._walk(code, ALWAYS, FOREVER, (), strict=False))
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

    def _walk(self, code: str, since: date, until: date, path: tuple[str, ...], *, strict: bool) -> Iterator[Reach]:
        if code in path:
            if strict:
                raise Cycle(code)
            return
        yield Reach(code, since, until)
        links = self._links.get(code, ())
        for index, link in enumerate(links):
            begin = max(since, link.since)
            end = min(until, links[index + 1].since) if index + 1 < len(links) else until
            if link.parent is not None and begin < end:
                yield from self._walk(link.parent, begin, end, (*path, code), strict=strict)


def _joined(reaches: Iterable[Reach]) -> tuple[Reach, ...]:
    joined: list[Reach] = []
    for reach in sorted(reaches):
        if joined and joined[-1].ancestor == reach.ancestor and joined[-1].until >= reach.since:
            joined[-1] = Reach(reach.ancestor, joined[-1].since, max(joined[-1].until, reach.until))
        else:
            joined.append(reach)
    return tuple(joined)
