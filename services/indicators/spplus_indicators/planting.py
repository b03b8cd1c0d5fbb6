"""The closure as the declarations make it: the audit compares it with the stored one, a rebuild puts it right."""

from typing import NamedTuple

from spplus_chassis.database import Connection
from spplus_indicators import queries, tree_repository
from spplus_indicators.tree import Reach
from spplus_indicators.tree_repository import Place


class Planting(NamedTuple):
    """Which structure counts towards which, and when: as it should be, and where the stored closure is not so."""

    reaches: dict[str, list[Reach]]
    needless: list[Place]
    missing: list[Place]


async def planting(connection: Connection) -> Planting:
    """The closure by the declarations and the day that the tree stands for, beside the stored one."""
    declared = await tree_repository.load(connection)
    tree = tree_repository.planted(declared, await queries.tree_on(connection)).tree
    reaches = {code: list(tree.lineage(code)) for code in declared}
    right = {(code, reach) for code, lineage in reaches.items() for reach in lineage}
    stored = {(code, reach) for code, lineage in (await queries.closure(connection)).items() for reach in lineage}
    return Planting(reaches, sorted(stored - right), sorted(right - stored))


async def replant(connection: Connection) -> int:
    """Make the stored closure what it should be; the tree must be locked. Returns how many places were wrong."""
    _, needless, missing = await planting(connection)
    if needless:
        await tree_repository.remove_places(connection, needless)
    if missing:
        await tree_repository.add_places(connection, missing)
    return len(needless) + len(missing)
