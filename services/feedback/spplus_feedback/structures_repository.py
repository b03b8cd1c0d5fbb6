"""Writing the reference data: a structure that is new or changed is declared to all, the rest is left alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from spplus_chassis import outbox
from spplus_chassis.database import Connection
from spplus_contracts import StructureDeclared
from spplus_contracts.topics import STRUCTURE_DECLARED
from spplus_feedback.structures import content, search_text
from spplus_feedback.structures_queries import structures_of

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('structures', 0))"
_UPSERT = """
INSERT INTO structures (code, version, declared, search, declared_at)
SELECT code, version, declared, search, $5
FROM unnest($1::text[], $2::int[], $3::jsonb[], $4::text[]) AS told (code, version, declared, search)
ON CONFLICT (code) DO UPDATE SET
    version = excluded.version, declared = excluded.declared,
    search = excluded.search, declared_at = excluded.declared_at
"""
_FORGET_WORDS = "DELETE FROM structure_words WHERE structure_code = ANY ($1::text[])"
_HOLD_WORDS = """
INSERT INTO structure_words (structure_code, word)
SELECT told.code, words.word
FROM unnest($1::text[], $2::text[]) AS told (code, search)
CROSS JOIN LATERAL unnest(string_to_array(told.search, ' ')) AS words (word)
"""
_KNOW_WORDS = """
INSERT INTO search_words (word)
SELECT DISTINCT words.word FROM unnest($1::text[]) AS told (search)
CROSS JOIN LATERAL unnest(string_to_array(told.search, ' ')) AS words (word)
ON CONFLICT (word) DO NOTHING
"""
_LINK = """
INSERT INTO structure_parents (structure_code, valid_from, parent_code)
SELECT * FROM unnest($1::text[], $2::date[], $3::text[])
"""


@dataclass(frozen=True, slots=True)
class Declared:
    """What a declaration came to."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: "Declared") -> "Declared":
        return Declared(self.created + other.created, self.changed + other.changed, self.unchanged + other.unchanged)


async def lock_structures(connection: Connection) -> None:
    """Let one writer of reference data at a time read, decide and write, until its transaction ends."""
    await connection.execute(_LOCK)


async def declare_structures(
    connection: Connection, structures: Sequence[StructureDeclared], *, now: datetime
) -> Declared:
    """Write what is new or changed with the next version, with its event, in the caller's transaction.

    The `version` of the structures given does not matter. Where a code is given twice, its last declaration counts.
    """
    await lock_structures(connection)
    last = {structure.code: structure for structure in structures}
    known = await structures_of(connection, last)
    created = [structure for structure in last.values() if structure.code not in known]
    changed = [
        structure.model_copy(update={"version": known[structure.code].version + 1})
        for structure in last.values()
        if structure.code in known and content(structure) != content(known[structure.code])
    ]
    await _write(connection, [s.model_copy(update={"version": 1}) for s in created] + changed, now)
    return Declared(len(created), len(changed), len(last) - len(created) - len(changed))


async def _write(connection: Connection, structures: Sequence[StructureDeclared], now: datetime) -> None:
    if not structures:
        return
    codes = [structure.code for structure in structures]
    searched = [search_text(structure) for structure in structures]
    await connection.execute(
        _UPSERT,
        codes,
        [structure.version for structure in structures],
        [content(structure) for structure in structures],
        searched,
        now,
    )
    await connection.execute(_FORGET_WORDS, codes)
    await connection.execute(_HOLD_WORDS, codes, searched)
    await connection.execute(_KNOW_WORDS, searched)
    links = [
        (structure.code, link.valid_from, link.parent_code) for structure in structures for link in structure.parents
    ]
    await connection.execute("DELETE FROM structure_parents WHERE structure_code = ANY ($1::text[])", codes)
    await connection.execute(_LINK, *(list(column) for column in zip(*links, strict=True)) if links else ([], [], []))
    await outbox.append(
        connection, [outbox.row_of(structure, topic=STRUCTURE_DECLARED.name, now=now) for structure in structures]
    )
    await note_change(connection)


async def note_change(connection: Connection) -> None:
    """Let every gate read the register and the tree again with its next batch."""
    await connection.execute("UPDATE register_changes SET version = version + 1")
