"""How far the import of a file has come: written in the transaction that does the rows, so that it is never ahead.

A run that was cut short goes on where it stopped. That only saves time: every identifier derives from the file, so
that a row that is read again changes nothing.
"""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from spplus_chassis.database import Connection

_READ_BYTES: Final = 1 << 20
_SAVE: Final = """
INSERT INTO import_runs (fingerprint, rows_done, counts, started_at, changed_at, finished_at)
VALUES ($1, $2, $3::jsonb, $4, now(), $5)
ON CONFLICT (fingerprint) DO UPDATE SET
    rows_done = excluded.rows_done, counts = excluded.counts, changed_at = excluded.changed_at,
    started_at = excluded.started_at, finished_at = excluded.finished_at
"""
_FIND: Final = """
SELECT rows_done, counts::text AS counts, started_at FROM import_runs WHERE fingerprint = $1 AND finished_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A run that was cut short."""

    rows_done: int
    counts: Counter[str]
    reasons: Counter[str]
    started_at: datetime


def fingerprint_of(path: Path, *options: str) -> bytes:
    """Of a file's bytes and of the options that change what a row becomes."""
    digest = hashlib.sha256(json.dumps(options).encode())
    with path.open("rb") as file:
        while read := file.read(_READ_BYTES):
            digest.update(read)
    return digest.digest()


async def unfinished(connection: Connection, fingerprint: bytes) -> Unfinished | None:
    """The run of this file that was cut short, if one was."""
    row = await connection.fetchrow(_FIND, fingerprint)
    if row is None:
        return None
    counts = json.loads(row["counts"])
    return Unfinished(row["rows_done"], Counter(counts["counts"]), Counter(counts["reasons"]), row["started_at"])


async def save(
    connection: Connection, fingerprint: bytes, reached: Unfinished, *, finished_at: datetime | None = None
) -> None:
    """Write down how far a run has come, in the caller's transaction."""
    counts = json.dumps({"counts": reached.counts, "reasons": reached.reasons})
    await connection.execute(_SAVE, fingerprint, reached.rows_done, counts, reached.started_at, finished_at)
