"""Which events of other systems were taken over HTTP: the same id again is a repetition or a mistake."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from spplus_chassis.database import Connection

# In one order, so that two transactions that take the same events wait for each other and never embrace.
_CLAIM: Final = """
INSERT INTO taken_events (source, event_id, said_hash, taken_at)
SELECT source, event_id, said_hash, $4
FROM unnest($1::text[], $2::text[], $3::bytea[]) AS told (source, event_id, said_hash)
ORDER BY source COLLATE "C", event_id COLLATE "C"
ON CONFLICT (source, event_id) DO NOTHING
RETURNING source, event_id
"""
_KNOWN: Final = """
SELECT source, event_id, said_hash
FROM taken_events INNER JOIN unnest($1::text[], $2::text[]) AS asked (source, event_id) USING (source, event_id)
"""
_FORGET: Final = """
DELETE FROM taken_events WHERE (source, event_id) IN (
    SELECT source, event_id FROM taken_events WHERE taken_at < $1 LIMIT $2
)
"""
_FORGOTTEN_AT_ONCE: Final = 10_000


class Identity(NamedTuple):
    """What makes an event the same event."""

    source: str
    event_id: str


async def claim(connection: Connection, hashes: dict[Identity, bytes], at: datetime) -> set[Identity]:
    """Take events that nobody took; one that another transaction is taking is waited for. Returns those taken."""
    if not hashes:
        return set()
    sources, ids = _columns(hashes)
    rows = await connection.fetch(_CLAIM, sources, ids, list(hashes.values()), at)
    return {Identity(row["source"], row["event_id"]) for row in rows}


async def known(connection: Connection, identities: Iterable[Identity]) -> dict[Identity, bytes]:
    """The hash of what was said, for those events that were taken."""
    asked = list(identities)
    if not asked:
        return {}
    rows = await connection.fetch(_KNOWN, *_columns(asked))
    return {Identity(row["source"], row["event_id"]): row["said_hash"] for row in rows}


async def forget(connection: Connection, before: datetime) -> int:
    """Forget events taken before an instant, in small steps; returns how many."""
    forgotten = 0
    while True:
        done = await connection.execute(_FORGET, before, _FORGOTTEN_AT_ONCE)
        count = int(done.rpartition(" ")[2])
        forgotten += count
        if count < _FORGOTTEN_AT_ONCE:
            return forgotten


def _columns(identities: Iterable[Identity]) -> tuple[Sequence[str], Sequence[str]]:
    pairs = list(identities)
    return [pair.source for pair in pairs], [pair.event_id for pair in pairs]
