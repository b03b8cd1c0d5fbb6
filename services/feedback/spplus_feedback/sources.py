"""The register of sources: who may say what, for which part of the tree."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from spplus_chassis.database import Connection
from spplus_chassis.sql_values import is_uuid
from spplus_feedback import acts
from spplus_feedback.acts import Act, Action
from spplus_feedback.gate_rules import Source, Tree
from spplus_feedback.structures_queries import parents_on
from spplus_feedback.structures_repository import note_change

_SAVE: Final = """
INSERT INTO sources (code, name, active, feedback_kinds, single_kinds, bulk_kinds, structure_codes)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (code) DO UPDATE SET
    name = excluded.name, active = excluded.active, feedback_kinds = excluded.feedback_kinds,
    single_kinds = excluded.single_kinds, bulk_kinds = excluded.bulk_kinds,
    structure_codes = excluded.structure_codes, changed_at = now()
"""
_HOLDERS: Final = """
SELECT request_id::text, structure_code, holder_code FROM requests WHERE request_id = ANY ($1::uuid[])
"""


@dataclass(frozen=True, slots=True)
class Register:
    """The register and the tree as they stand at one version."""

    version: int
    day: date
    sources: dict[str, Source]
    tree: Tree


async def save_source(connection: Connection, source: Source, *, by: str = acts.OPERATOR) -> None:
    """Write one row of the register, in place of an earlier one of that code; every gate reads it with its next batch.

    Raises `asyncpg.CheckViolationError` for a bad code, no structure, or a kind both one by one and as totals.
    """
    async with connection.transaction():
        await connection.execute(
            _SAVE,
            source.code,
            source.name,
            source.active,
            sorted(source.feedback_kinds),
            sorted(source.single_kinds),
            sorted(source.bulk_kinds),
            sorted(source.structure_codes),
        )
        await note_change(connection)
        detail = {
            "feedback": sorted(source.feedback_kinds),
            "single": sorted(source.single_kinds),
            "bulk": sorted(source.bulk_kinds),
            "structures": sorted(source.structure_codes),
        }
        await _trace(connection, Action.SOURCE_SAVED, source.code, by, detail)


async def remove_source(connection: Connection, code: str, *, by: str = acts.OPERATOR) -> bool:
    """Refuse all that a source says from now on; what it said stays. False where it was not in force."""
    async with connection.transaction():
        done = await connection.execute(
            "UPDATE sources SET active = false, changed_at = now() WHERE code = $1 AND active", code
        )
        if done != "UPDATE 1":
            return False
        await note_change(connection)
        await _trace(connection, Action.SOURCE_REMOVED, code, by, {})
    return True


async def sources(connection: Connection) -> list[Source]:
    """The whole register, by code, also what is no longer in force."""
    rows = await connection.fetch(
        "SELECT code, name, active, feedback_kinds, single_kinds, bulk_kinds, structure_codes "
        "FROM sources ORDER BY code"
    )
    return [
        Source(
            code=row["code"],
            name=row["name"],
            active=row["active"],
            feedback_kinds=frozenset(row["feedback_kinds"]),
            single_kinds=frozenset(row["single_kinds"]),
            bulk_kinds=frozenset(row["bulk_kinds"]),
            structure_codes=frozenset(row["structure_codes"]),
        )
        for row in rows
    ]


async def current_register(connection: Connection, known: Register | None, day: date) -> Register:
    """The register of this very moment; `known` again where nothing changed, at the price of one small query."""
    version: int = await connection.fetchval("SELECT version FROM register_changes")
    if known is not None and (known.version, known.day) == (version, day):
        return known
    return Register(
        version=version,
        day=day,
        sources={source.code: source for source in await sources(connection)},
        tree=Tree(await parents_on(connection, day)),
    )


async def holders_of(connection: Connection, request_ids: Iterable[str]) -> dict[str, frozenset[str]]:
    """For each of the platform's own requests that exists, the structure addressed and the one that holds it now."""
    ids = [UUID(request_id) for request_id in request_ids if is_uuid(request_id)]
    rows = await connection.fetch(_HOLDERS, ids) if ids else []
    return {row["request_id"]: frozenset({row["structure_code"], row["holder_code"]}) for row in rows}


async def _trace(connection: Connection, action: Action, code: str, by: str, detail: Mapping[str, object]) -> None:
    at: datetime = await connection.fetchval("SELECT now()")
    await acts.record(connection, Act(actor=by, action=action, at=at, subject=code, detail=detail))
