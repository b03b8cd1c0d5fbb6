"""Reads of the dead letters: for the operators' command and for the gauges."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, Self

import asyncpg

from spplus_chassis.database import Connection, Pool
from spplus_chassis.dead_letters import headers_of_json
from spplus_chassis.records import Record

_COLUMNS: Final = """
consumer, topic, partition, "offset", reason, detail, key, value, headers, recorded_at, refused_at, resolution,
resolved_at, dropped_because, last_reason, last_detail, last_tried_at
"""
_CHOSEN: Final = """
($1::text IS NULL OR reason = $1) AND ($2::text IS NULL OR topic = $2)
AND ($3::timestamptz IS NULL OR refused_at >= $3) AND ($4 OR resolution IS NULL)
"""
_COUNTS: Final = f"""
SELECT reason, coalesce(resolution, 'waiting'), count(*) FROM dead_letters
WHERE {_CHOSEN} GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
"""  # noqa: S608 - pieces of our own
_LIST: Final = f"""
SELECT {_COLUMNS} FROM dead_letters WHERE {_CHOSEN}
ORDER BY refused_at, consumer, topic, partition, "offset" LIMIT $5
"""  # noqa: S608 - the same
_AT: Final = f"""
SELECT {_COLUMNS} FROM dead_letters WHERE topic = $1 AND partition = $2 AND "offset" = $3 ORDER BY consumer
"""  # noqa: S608 - the same
_PLACES: Final = f"""
SELECT consumer, topic, partition, "offset" FROM dead_letters WHERE {_CHOSEN}
ORDER BY refused_at, consumer, topic, partition, "offset"
"""  # noqa: S608 - the same
_LOCKED: Final = f"""
SELECT {_COLUMNS} FROM dead_letters WHERE consumer = $1 AND topic = $2 AND partition = $3 AND "offset" = $4 FOR UPDATE
"""  # noqa: S608 - the same
_WAITING: Final = """
SELECT reason, count(*), extract(epoch FROM now() - min(refused_at))::float
FROM dead_letters WHERE resolution IS NULL GROUP BY reason
"""


class LetterKey(NamedTuple):
    """One dead letter: a record, as one consumer met it."""

    consumer: str
    topic: str
    partition: int
    offset: int

    @property
    def place(self) -> str:
        """The record as the commands name it."""
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter with all that is kept of it."""

    key: LetterKey
    record: Record
    reason: str
    detail: str
    refused_at: datetime
    resolution: str | None
    """Replayed, dropped or expired; none while it waits."""
    resolved_at: datetime | None
    dropped_because: str | None
    last_reason: str | None
    """Why the latest replay was refused, if one was."""
    last_detail: str | None
    last_tried_at: datetime | None

    @classmethod
    def of_row(cls, row: asyncpg.Record) -> Self:
        """A letter from a row with all columns."""
        headers = tuple(headers_of_json(row["headers"]))
        record = Record(
            row["topic"], row["partition"], row["offset"], row["recorded_at"], row["key"], row["value"], headers
        )
        key = LetterKey(row["consumer"], row["topic"], row["partition"], row["offset"])
        return cls(key, record, row["reason"], row["detail"], *tuple(row)[10:])


@dataclass(frozen=True, slots=True)
class Choice:
    """Which letters are meant; none of a field means any."""

    reason: str | None = None
    topic: str | None = None
    since: datetime | None = None
    resolved_too: bool = False

    @property
    def parameters(self) -> Sequence[object]:
        """In the order of the statements."""
        return self.reason, self.topic, self.since, self.resolved_too


class Count(NamedTuple):
    """How many letters have this reason and this state."""

    reason: str
    state: str
    letters: int


class Waiting(NamedTuple):
    """Letters of one reason that wait."""

    reason: str
    letters: int
    age_seconds: float
    """Of the oldest."""


async def counts(connection: Connection, choice: Choice) -> list[Count]:
    """Letters by reason and state, the most frequent first."""
    return [Count(*row) for row in await connection.fetch(_COUNTS, *choice.parameters)]


async def letters(connection: Connection, choice: Choice, limit: int) -> list[Letter]:
    """The oldest of the chosen letters."""
    return [Letter.of_row(row) for row in await connection.fetch(_LIST, *choice.parameters, limit)]


async def places(connection: Connection, choice: Choice) -> list[LetterKey]:
    """All chosen letters, the oldest first."""
    return [LetterKey(*row) for row in await connection.fetch(_PLACES, *choice.parameters)]


async def letters_at(connection: Connection, topic: str, partition: int, offset: int) -> list[Letter]:
    """The letters of one record: one for each consumer that refused it."""
    return [Letter.of_row(row) for row in await connection.fetch(_AT, topic, partition, offset)]


async def locked(connection: Connection, key: LetterKey) -> Letter | None:
    """One letter, whose row stays locked until the end of the transaction."""
    row = await connection.fetchrow(_LOCKED, *key)
    return None if row is None else Letter.of_row(row)


async def waiting(pool: Pool) -> list[Waiting]:
    """What waits for a decision, by reason."""
    return [Waiting(*row) for row in await pool.fetch(_WAITING)]
