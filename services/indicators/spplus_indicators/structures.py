"""Declarations into the tree: the highest version of each structure, and the months that a change touches."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import structlog

from spplus_chassis.database import Connection
from spplus_contracts import Envelope, StructureDeclared
from spplus_indicators import disclosing, publication_repository, repository, tallies_repository, tree_repository
from spplus_indicators.pooling import Counts, Spread, add
from spplus_indicators.pooling import Place as Cells
from spplus_indicators.tree import Planted, Tree
from spplus_indicators.tree_repository import Place, Saved, Stored

log = structlog.get_logger()


class Outcome(NamedTuple):
    """What became of a batch of declarations."""

    changed: bool
    in_a_cycle: tuple[int, ...]
    """Positions of the declarations that would make a structure its own ancestor."""


def as_told(envelope: Envelope, event: StructureDeclared) -> Stored:
    """What the platform keeps of a declaration."""
    return Stored(
        event.code,
        event.version,
        envelope.time,
        envelope.id,
        tuple((link.valid_from, link.parent_code) for link in event.parents),
        frozenset(event.not_applicable),
        event.network,
        event.closed_on,
        event.successor_code,
    )


async def declare(connection: Connection, told: Sequence[Stored], today: date) -> Outcome:
    """Take declarations into the tree. One that would make a circle is kept, and waits until it makes none."""
    await repository.enter(connection)  # the sweep takes this lock and the tree's in the same order
    stood_for = await tree_repository.lock(connection)
    known = await tree_repository.load(connection)
    accepted: dict[str, Stored] = {}
    for stored in told:
        standing = accepted.get(stored.code) or known.get(stored.code)
        if standing is None or _precedence(standing) < _precedence(stored):
            accepted[stored.code] = stored
    latest = known | accepted
    day = max(stood_for, today)  # another replica's clock may be ahead
    before, after = tree_repository.planted(known, stood_for), tree_repository.planted(latest, day)
    if accepted:
        await _save(connection, accepted.values(), day)
        await _replant(connection, before.tree, after.tree)
        await _queue_changed_rules(connection, known, accepted)
        await tree_repository.turn(connection, day, changed=True)
    at_fault = _at_fault(before, after, accepted)
    in_a_cycle = [
        place for place, stored in enumerate(told) if stored.code in at_fault and stored == latest[stored.code]
    ]
    return Outcome(bool(accepted), tuple(in_a_cycle))


async def turn_day(connection: Connection, today: date) -> bool:
    """Let the parents that became valid by today take their place; returns whether the tree changed."""
    stood_for = await tree_repository.lock(connection)
    if stood_for >= today:
        return False
    due = await tree_repository.changing(connection, today)
    if due:
        known = await tree_repository.load(connection)
        before, after = tree_repository.planted(known, stood_for), tree_repository.planted(known, today)
        for code in sorted(after.refused.keys() - before.refused.keys()):
            log.warning("structure_in_a_cycle", structure=code, circle=after.refused[code])
        await _save(connection, [known[code] for code in due], today)
        await _replant(connection, before.tree, after.tree)
    await tree_repository.turn(connection, today, changed=bool(due))
    return bool(due)


def _at_fault(before: Planted, after: Planted, accepted: Mapping[str, Stored]) -> set[str]:
    """Structures that cannot stand where they are declared, and those now declared that push another one out."""
    pushed_out = after.refused.keys() - before.refused.keys() - accepted.keys()
    return set(after.refused).union(*(accepted.keys() & after.refused[code] for code in pushed_out))


def _precedence(stored: Stored) -> tuple[object, ...]:
    return stored[1:4]


async def _save(connection: Connection, structures: Iterable[Stored], today: date) -> None:
    rows = [Saved(stored, stored.next_change(today)) for stored in structures]
    await tree_repository.save(connection, rows)


async def _replant(connection: Connection, before: Tree, after: Tree) -> None:
    """Bring closure and pooled counts from one tree to the other, and queue what moves."""
    relinked = after.unlike(before)
    touched = sorted(before.below(relinked) | after.below(relinked))
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
        declared = {place: counts for place, counts in moved.items() if place[0] in after}
        await publication_repository.enqueue_now(connection, declared)
    confided = await disclosing.replant(connection, gone, come)
    await disclosing.queue(connection, {place for place in confided if place[0] in after})
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


async def _queue_changed_rules(
    connection: Connection, known: Mapping[str, Stored], accepted: Mapping[str, Stored]
) -> None:
    changed = [
        code
        for code, stored in accepted.items()
        if code in known
        and (known[code].not_applicable, known[code].network) != (stored.not_applicable, stored.network)
    ]
    await _queue_whole(connection, changed)
