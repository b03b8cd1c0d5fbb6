"""The judge's tree: which structure stands under which on a day, from everything that was declared.

Like the rest of the judge it shares nothing with the services. It plays the years through, one day after the other.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from spplus_contracts import Envelope, StructureDeclared


class Forest:
    """All structures that were declared, each as it was declared last."""

    def __init__(self, told: Iterable[tuple[Envelope, object]]) -> None:
        """`told` may hold events of every kind; only declarations matter."""
        self.declared: dict[str, StructureDeclared] = {}
        self._envelopes: dict[str, Envelope] = {}
        self._days: dict[date, dict[str, str | None]] = {}
        for envelope, event in told:
            if isinstance(event, StructureDeclared) and self._is_newer(envelope, event):
                self.declared[event.code] = event
                self._envelopes[event.code] = envelope

    def lineage(self, code: str, day: date) -> Iterator[str]:
        """The structure and its ancestors on a day; nothing for a structure that nobody declared."""
        if day not in self._days:
            self._days[day] = self._parents(day)
        current: str | None = code
        while current is not None and current in self.declared:
            yield current
            current = self._days[day].get(current)

    def _is_newer(self, envelope: Envelope, event: StructureDeclared) -> bool:
        known = self.declared.get(event.code)
        if known is None:
            return True
        before = self._envelopes[event.code]
        return (event.version, envelope.time, envelope.id) > (known.version, before.time, before.id)

    def _parents(self, until: date) -> dict[str, str | None]:
        """Everybody's parent on a day.

        A wish for a parent that would make a structure its own ancestor stays open, and is looked at again after each
        change: by the day that it holds from, then by when it was declared. The structure keeps its parent meanwhile.
        """
        parents: dict[str, str | None] = {}
        wishes: dict[str, tuple[date, str | None]] = {}
        calendar = self._calendar()
        for day in sorted(each for each in calendar if each <= until):
            wishes |= {code: (day, parent) for code, parent in calendar[day]}
            order = sorted(wishes, key=lambda code: (wishes[code][0], *self._precedence(code)))
            position = 0
            while position < len(order):
                code = order[position]
                parent = wishes[code][1]
                if code in _upwards(parents, parent):
                    position += 1
                    continue
                parents[code] = parent
                del wishes[code], order[position]
                position = 0
        return parents

    def _calendar(self) -> dict[date, list[tuple[str, str | None]]]:
        """Who is declared under whom, by first day; a closed structure stands under the one that took over."""
        calendar: defaultdict[date, list[tuple[str, str | None]]] = defaultdict(list)
        for code, structure in self.declared.items():
            handed_over = structure.closed_on if structure.successor_code is not None else None
            for link in structure.parents:
                if handed_over is None or link.valid_from < handed_over:
                    calendar[link.valid_from].append((code, link.parent_code))
            if handed_over is not None:
                calendar[handed_over].append((code, structure.successor_code))
        return calendar

    def _precedence(self, code: str) -> tuple[object, ...]:
        envelope = self._envelopes[code]
        return envelope.time, envelope.id, code


def _upwards(parents: dict[str, str | None], code: str | None) -> Iterator[str]:
    while code is not None:
        yield code
        code = parents.get(code)
