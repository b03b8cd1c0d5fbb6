"""Declarations into the tree: the highest version of each structure, and the months that a change touches."""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from spplus_chassis.database import Connection
from spplus_contracts import Envelope, StructureDeclared
from spplus_indicators import publication_repository, tallies_repository, tree_repository
from spplus_indicators.pooling import Counts, Spread, add
from spplus_indicators.pooling import Place as Cells
from spplus_indicators.tree import Cycle, Tree, effective_links, next_change
from spplus_indicators.tree_repository import Place, Saved, Stored


class Outcome(NamedTuple):
    """What became of a batch of declarations."""

    changed: bool
    in_a_cycle: tuple[int, ...]
    """Positions of the declarations whose parents would make a structure its own ancestor."""


def as_told(envelope: Envelope, event: StructureDeclared) -> Stored:
    """What the platform keeps of a declaration."""
    return Stored(
        event.code,
        event.version,
        envelope.time,
        envelope.id,
        tuple((link.valid_from, link.parent_code) for link in event.parents),
        frozenset(event.not_applicable),
    )


async def declare(connection: Connection, told: Sequence[Stored], today: date) -> Outcome:
    """Take declarations into the tree. One whose parents make a cycle keeps the parents it had."""
    await tree_repository.lock(connection)
    known = await tree_repository.load(connection)
    before = Tree({code: effective_links(stored.parents, today) for code, stored in known.items()})
    after = Tree({code: before.links(code) for code in known})
    accepted: dict[str, Stored] = {}
    in_a_cycle = []
    for position in sorted(range(len(told)), key=lambda place: _precedence(told[place])):
        stored = told[position]
        standing = accepted.get(stored.code) or known.get(stored.code)
        if standing is not None and _precedence(standing) >= _precedence(stored):
            continue
        try:
            after.relink(stored.code, effective_links(stored.parents, today))
        except Cycle:
            in_a_cycle.append(position)
            stored = stored._replace(parents=() if standing is None else standing.parents)
            after.relink(stored.code, effective_links(stored.parents, today))
        accepted[stored.code] = stored
    if accepted:
        await _save(connection, accepted.values(), today)
        await _replant(connection, before, after, accepted)
        await _queue_changed_applicability(connection, known, accepted)
        await tree_repository.turn(connection, today, changed=True)
    return Outcome(bool(accepted), tuple(in_a_cycle))


async def turn_day(connection: Connection, today: date) -> bool:
    """Let the parents that became valid by today take their place; returns whether the tree changed."""
    stood_for = await tree_repository.lock(connection)
    if stood_for >= today:
        return False
    due = await tree_repository.changing(connection, today)
    if due:
        known = await tree_repository.load(connection)
        before = Tree({code: effective_links(stored.parents, stood_for) for code, stored in known.items()})
        after = Tree({code: before.links(code) for code in known})
        for code in due:
            with contextlib.suppress(Cycle):  # it keeps the parent it had; the gate of declarations saw only the past
                after.relink(code, effective_links(known[code].parents, today))
        await _save(connection, [known[code] for code in due], today)
        await _replant(connection, before, after, due)
    await tree_repository.turn(connection, today, changed=bool(due))
    return bool(due)


def _precedence(stored: Stored) -> tuple[object, ...]:
    return stored[1:4]


async def _save(connection: Connection, structures: Iterable[Stored], today: date) -> None:
    rows = [Saved(stored, next_change(stored.parents, today)) for stored in structures]
    await tree_repository.save(connection, rows)


async def _replant(connection: Connection, before: Tree, after: Tree, codes: Iterable[str]) -> None:
    """Bring closure and pooled counts from one tree to the other, and queue what moves."""
    touched = sorted(before.below(codes) | after.below(codes))
    old = _places(before, touched)
    new = _places(after, touched)
    gone, come = sorted(old - new), sorted(new - old)
    if gone:
        await tree_repository.remove_places(connection, gone)
    if come:
        await tree_repository.add_places(connection, come)
    moved = _moved(await tallies_repository.own_of(connection, touched), gone, come)
    if moved:
        await tallies_repository.add_up(connection, Spread({}, moved))
        await publication_repository.enqueue_now(connection, moved)
    newly = [code for code in touched if code in after and code not in before]
    await _queue_whole(connection, newly)


def _moved(
    own: Mapping[str, Mapping[date, Counts]], gone: Iterable[Place], come: Iterable[Place]
) -> dict[Cells, Counts]:
    """What ancestors lose and gain, by structure and month."""
    moved: dict[Cells, Counts] = {}
    for sign, places in ((-1, gone), (1, come)):
        for code, (ancestor, since, until) in places:
            for month, counts in own.get(code, {}).items():
                if since <= month < until:
                    signed = {measure: sign * count for measure, count in counts.items()}
                    add(moved.setdefault((ancestor, month), {}), signed)
    return moved


async def _queue_whole(connection: Connection, codes: Sequence[str]) -> None:
    """Queue structures in every month for which they or their descendants hold data."""
    if codes:
        pooled = await tallies_repository.all_pooled_of(connection, codes)
        held = {(code, month): counts for code, months in pooled.items() for month, counts in months.items()}
        await publication_repository.enqueue_now(connection, held)


def _places(tree: Tree, codes: Iterable[str]) -> set[Place]:
    return {(code, reach) for code in codes if code in tree for reach in tree.lineage(code)}


async def _queue_changed_applicability(
    connection: Connection, known: Mapping[str, Stored], accepted: Mapping[str, Stored]
) -> None:
    changed = [
        code
        for code, stored in accepted.items()
        if code in known and known[code].not_applicable != stored.not_applicable
    ]
    await _queue_whole(connection, changed)
