"""What happens when figures and structures arrive, within one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from spplus_chassis.database import Connection
from spplus_contracts import IndicatorComputed, StructureDeclared
from spplus_notifier import endings, repository
from spplus_notifier.endings import Ending
from spplus_notifier.repository import Change


@dataclass(frozen=True, slots=True)
class Removal:
    """The figure of this key is retired (a tombstone of the compacted topic)."""

    key: str


@dataclass(slots=True)
class Arrivals:
    """What one batch of the bus brought, in its order."""

    figures: list[IndicatorComputed | Removal] = field(default_factory=list)
    structures: list[StructureDeclared] = field(default_factory=list)
    ended: dict[str, Ending] = field(default_factory=dict)
    """Requests of the platform that ended, by id."""
    ended_lately: set[str] = field(default_factory=set)
    """Of these, those of the last day."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a batch changed."""

    applied: int = 0
    stale: int = 0
    """Figures dropped because the same or a newer revision stands."""


@dataclass(slots=True)
class Plan:
    """How a batch changes the publication."""

    current: dict[str, tuple[IndicatorComputed, str]] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    changes: list[Change] = field(default_factory=list)
    stale: int = 0


async def take(connection: Connection, arrivals: Arrivals) -> Outcome:
    """Apply a batch: structures first, for the pages name the figures by them."""
    if arrivals.structures:
        await declare(connection, arrivals.structures)
    outcome = await publish(connection, arrivals.figures) if arrivals.figures else Outcome()
    if arrivals.ended:
        await endings.take_in(connection, arrivals.ended, arrivals.ended_lately)
    return outcome


async def declare(connection: Connection, structures: Iterable[StructureDeclared]) -> None:
    """Keep the highest version of each structure."""
    highest: dict[str, StructureDeclared] = {}
    for structure in structures:
        known = highest.get(structure.code)
        if known is None or known.version < structure.version:
            highest[structure.code] = structure
    await repository.save_structures(connection, highest)


async def publish(connection: Connection, figures: Sequence[IndicatorComputed | Removal]) -> Outcome:
    """Let each newer revision replace the figure of its key, and log it; an older or equal one changes nothing."""
    last_seq = await repository.lock_log(connection)
    keys = sorted({figure.key for figure in figures})
    plan = plan_changes(figures, await repository.revisions_of(connection, keys))
    if plan.current:
        await repository.save_figures(connection, plan.current)
    if plan.removed:
        await repository.remove_figures(connection, list(plan.removed))
    if plan.changes:
        await repository.append_changes(connection, last_seq, plan.changes)
    return Outcome(applied=len(plan.changes), stale=plan.stale)


def plan_changes(figures: Iterable[IndicatorComputed | Removal], known: Mapping[str, tuple[int, bool]]) -> Plan:
    """Fold a batch over the stored revisions: (revision, removed) by key."""
    standing = dict(known)
    plan = Plan()
    for figure in figures:
        key = figure.key
        revision, removed = standing.get(key, (0, True))
        if isinstance(figure, Removal):
            if removed:
                plan.stale += 1
                continue
            standing[key] = (revision, True)
            plan.removed.add(key)
            plan.changes.append(Change(key, provisional=False, data=None))
        elif figure.revision <= revision:
            plan.stale += 1
        else:
            standing[key] = (figure.revision, False)
            data = figure.to_json().decode()
            plan.current[key] = (figure, data)
            plan.removed.discard(key)
            plan.changes.append(Change(key, provisional=figure.provisional, data=data))
    return plan
