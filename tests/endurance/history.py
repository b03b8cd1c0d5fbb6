"""A long random history of everything that scoring reads, and an order in which it arrives."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from spplus_contracts import Envelope, StructureDeclared
from spplus_embedded.fold import Said
from tests.endurance.lives import PLATFORM, Lives, Utterance

Told = tuple[Envelope, Said]

_LONG_AGO = date(2015, 1, 1)
_DUPLICATES = 0.08
_LATE = 0.1


def a_history(events: int, dice: random.Random, now: datetime) -> list[Told]:
    """So many distinct events: a tree that changes, totals of months, and the lives of requests."""
    offices = max(12, min(600, events // 400))
    tree = Tree(offices, dice, now)
    lives = Lives(dice, now, [*tree.offices, *tree.departments, "nobody-declared"])
    told: list[Told] = [*tree.declarations()]
    told += _enveloped(lives.totals(max(20, events // 200)), now, dice, "totals")
    for number in count():
        if len(told) >= events:
            break
        told += _enveloped(lives.life(number), now, dice, f"life{number}")
    return told


def arrivals(told: list[Told], dice: random.Random) -> list[Told]:
    """The order in which a history arrives: neighbours change places, some come very late, some come again."""
    placed: list[tuple[float, int]] = []
    for place in range(len(told)):
        for _ in range(2 if dice.random() < _DUPLICATES else 1):
            reach = len(told) if dice.random() < _LATE else 300
            placed.append((place + dice.random() * reach, place))
    return [told[place] for _, place in sorted(placed)]


class Tree:
    """Offices under departments under regions under a root: some move, close, merge, or would go round in a circle."""

    def __init__(self, offices: int, dice: random.Random, now: datetime) -> None:
        self._dice = dice
        self._now = now
        self.regions = [f"region{n}" for n in range(3)]
        self.departments = [f"department{n}" for n in range(max(4, offices // 20))]
        self.offices = [f"office{n}" for n in range(offices)]

    def declarations(self) -> Iterator[Told]:
        """All that is said about the structures; a source says the later version later."""
        yield self._told("root", 1)
        for region in self.regions:
            yield self._told(region, 1, self._since(_LONG_AGO, "root"))
        yield from self._circle(*self.departments[:2])
        for department in self.departments[2:]:
            links = self._since(_LONG_AGO, self._dice.choice(self.regions))
            yield self._told(department, 1, links)
            chance = self._dice.random()
            if chance < 0.4:  # half of them under one that may be below it
                other = self._dice.choice(self.regions if chance < 0.2 else self.departments)
                yield self._told(department, 2, [*links, *self._since(self._day(), other)])
        for office in self.offices:
            yield from self._office(office)

    def _circle(self, one: str, other: str) -> Iterator[Told]:
        """Two that are put under each other, one after the other; the second cannot have its way."""
        for code, parent in ((one, other), (other, one)):
            links = self._since(_LONG_AGO, self._dice.choice(self.regions))
            yield self._told(code, 1, links)
            yield self._told(code, 2, [*links, *self._since(self._day(), parent)])

    def _office(self, office: str) -> Iterator[Told]:
        links = self._since(_LONG_AGO, self._dice.choice(self.departments))
        yield self._told(office, 1, links)
        chance = self._dice.random()
        if chance < 0.15:
            links = [*links, *self._since(self._day(), self._dice.choice(self.departments))]
            yield self._told(office, 2, links)
        elif chance < 0.25:
            heir = self._dice.choice([*self.offices, *self.departments, None])
            yield self._told(office, 2, links, closed_on=self._day(), successor_code=heir)
            if chance < 0.18:  # it was an error
                yield self._told(office, 3, links)
        elif chance < 0.3:
            yield self._told(office, 2, links, not_applicable=["pickup_rate"])
            if chance < 0.28:
                yield self._told(office, 3, links)

    def _told(self, code: str, version: int, parents: list[dict[str, Any]] | None = None, **fields: Any) -> Told:
        event = StructureDeclared(
            code=code, version=version, name=code, network="Essai", parents=parents or [], **fields
        )
        at = self._now - timedelta(days=30 - version, seconds=self._dice.randrange(86_400))
        return Envelope(f"{code}-{version}", PLATFORM, event.TYPE, at, event.key), event

    @staticmethod
    def _since(day: date, parent: str) -> list[dict[str, Any]]:
        return [{"parent_code": parent, "valid_from": day}]

    def _day(self) -> date:
        """Mostly in the past; what lies ahead lies far ahead, so that no day turns while the history is read."""
        ahead = self._dice.random() < 0.1
        return (self._now + timedelta(days=60 if ahead else -self._dice.randrange(3, 380))).date()


def _enveloped(said: Iterator[Utterance], now: datetime, dice: random.Random, name: str) -> Iterator[Told]:
    """In envelopes of their own; few instants, so that some statements tie."""
    for number, (source, event) in enumerate(said):
        at = now - timedelta(hours=dice.randrange(1, 20))
        yield Envelope(f"{name}-{number}", source, event.TYPE, at, event.key), event
