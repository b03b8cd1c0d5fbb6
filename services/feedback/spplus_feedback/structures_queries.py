"""Reading the reference data: by code and along the tree."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, Final

from spplus_chassis.database import Connection
from spplus_contracts import StructureDeclared

_CURRENT_PARENT: Final = """
LEFT JOIN LATERAL (
    SELECT parent_code FROM structure_parents
    WHERE structure_code = structures.code AND valid_from <= $1
    ORDER BY valid_from DESC LIMIT 1
) AS link ON true
"""
_SUBTREE: Final = """
WITH RECURSIVE inside (code) AS (
    SELECT code FROM structures WHERE code = ANY ($2::text[])
    UNION
    SELECT child.structure_code
    FROM inside JOIN structure_parents AS child ON child.parent_code = inside.code
    WHERE child.valid_from = (
        SELECT max(valid_from) FROM structure_parents
        WHERE structure_code = child.structure_code AND valid_from <= $1
    )
)
SELECT code FROM inside ORDER BY code
"""
_LINEAGE: Final = """
WITH RECURSIVE above (code) AS (
    SELECT unnest($2::text[])
    UNION
    SELECT link.parent_code
    FROM above JOIN LATERAL (
        SELECT parent_code FROM structure_parents
        WHERE structure_code = above.code AND valid_from <= $1
        ORDER BY valid_from DESC LIMIT 1
    ) AS link ON link.parent_code IS NOT NULL
)
SELECT code FROM above
"""


async def structure_exists(connection: Connection, code: str) -> bool:
    """Whether the structure was ever declared."""
    return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM structures WHERE code = $1)", code))


async def structures_of(connection: Connection, codes: Iterable[str]) -> dict[str, StructureDeclared]:
    """The current declaration of each structure that exists, by code."""
    rows = await connection.fetch(
        "SELECT code, (declared || jsonb_build_object('version', version))::text AS data "
        "FROM structures WHERE code = ANY ($1::text[])",
        list(codes),
    )
    return {row["code"]: StructureDeclared.read_json(row["data"].encode()) for row in rows}


async def known_structures(connection: Connection) -> list[dict[str, Any]]:
    """Code, names, network, typology and activity of every structure."""
    rows = await connection.fetch("SELECT code, name, public_name, network, typology, active FROM structures")
    return [dict(row) for row in rows]


async def parents_on(connection: Connection, day: date) -> dict[str, str | None]:
    """The parent of every structure on a day; none for a root."""
    rows = await connection.fetch(f"SELECT code, parent_code FROM structures {_CURRENT_PARENT}", day)  # noqa: S608 - no input
    return {row["code"]: row["parent_code"] for row in rows}


async def subtree(connection: Connection, *roots: str, on: date) -> list[str]:
    """These structures and all below them on a day; those that do not exist are left out."""
    return [row["code"] for row in await connection.fetch(_SUBTREE, on, roots)]


async def lineage(connection: Connection, *codes: str, on: date) -> list[str]:
    """These structures and all above them on a day."""
    return [row["code"] for row in await connection.fetch(_LINEAGE, on, codes)]


async def is_inside(connection: Connection, code: str, root: str, *, on: date) -> bool:
    """Whether a structure is `root` or below it on a day."""
    return await any_inside(connection, [code], [root], on=on)


async def any_inside(connection: Connection, codes: Collection[str], roots: Collection[str], *, on: date) -> bool:
    """Whether one of the structures is one of the roots, or below one, on a day."""
    return not set(roots).isdisjoint(await lineage(connection, *codes, on=on))
