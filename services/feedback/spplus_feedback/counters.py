"""Counts of an hour under keyed hashes, shared by all replicas, and the secrets that key them."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Final

from spplus_chassis.database import Connection
from spplus_feedback.suspicion import HOUR, Counted, hour_of

_SALT_BYTES: Final = 32
_SALT_OF_DAY: Final = """
WITH made AS (
    INSERT INTO daily_salts (day, salt) VALUES ($1, $2) ON CONFLICT (day) DO NOTHING RETURNING salt
)
SELECT salt FROM made UNION ALL SELECT salt FROM daily_salts WHERE day = $1 LIMIT 1
"""
_NAMED: Final = """
WITH made AS (
    INSERT INTO service_secrets (name, secret) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING RETURNING secret
)
SELECT secret FROM made UNION ALL SELECT secret FROM service_secrets WHERE name = $1 LIMIT 1
"""
# In order, so that two groups that count the same subjects never wait for each other in a circle.
_COUNT: Final = """
INSERT INTO hourly_counts AS counts (subject, hour, stories)
SELECT subject, $3, amount FROM unnest($1::bytea[], $2::int[]) AS given (subject, amount) ORDER BY subject
ON CONFLICT (subject, hour) DO UPDATE SET stories = counts.stories + excluded.stories
RETURNING
    subject, stories,
    (SELECT earlier.stories FROM hourly_counts AS earlier WHERE earlier.subject = counts.subject AND earlier.hour = $4)
        AS previous
"""


async def salt_of(connection: Connection, day: date) -> bytes:
    """The salt of a day; the first to ask makes it."""
    return await _first_or_mine(connection, _SALT_OF_DAY, day)


async def secret_named(connection: Connection, name: str) -> bytes:
    """A secret of the service; the first to ask makes it."""
    return await _first_or_mine(connection, _NAMED, name)


async def _first_or_mine(connection: Connection, sql: str, key: date | str) -> bytes:
    while True:  # whoever asks while another makes it sees neither row: the next look does
        found: bytes | None = await connection.fetchval(sql, key, secrets.token_bytes(_SALT_BYTES))
        if found is not None:
            return found


async def add(connection: Connection, amounts: Mapping[bytes, int], now: datetime) -> dict[bytes, Counted]:
    """Count stories by subject; where each subject stood before them."""
    hour = hour_of(now)
    rows = await connection.fetch(_COUNT, list(amounts), list(amounts.values()), hour, hour - HOUR)
    into = (now - hour) / HOUR
    return {
        row["subject"]: Counted(row["stories"] - amounts[row["subject"]], row["previous"] or 0, into) for row in rows
    }


async def forget_counts(connection: Connection, now: datetime) -> None:
    """Delete the counts of hours that weigh nothing any more, and the salts of days that are over."""
    await connection.execute("DELETE FROM hourly_counts WHERE hour < $1", hour_of(now) - HOUR)
    await connection.execute("DELETE FROM daily_salts WHERE day < $1", now.date())


def amounts_of(subjects: Iterable[bytes]) -> dict[bytes, int]:
    """How often each subject occurs."""
    amounts: dict[bytes, int] = {}
    for subject in subjects:
        amounts[subject] = amounts.get(subject, 0) + 1
    return amounts
