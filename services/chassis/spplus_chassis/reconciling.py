"""Before a relay sends its first row: what does the bus hold that the database does not know to have been sent?

After a crash between sending and deleting these are the rows still in the outbox: they are deleted, not sent twice.
After a restore from a dump, or on an empty database, they are what the lost database told: whoever must not contradict
it learns it first. All of it is one transaction with the new positions.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

import structlog
from aiokafka.errors import UnknownTopicOrPartitionError

from spplus_chassis import metrics, sent
from spplus_chassis.database import Connection, Pool
from spplus_chassis.lease import Lease, LeaseLost
from spplus_chassis.log_reader import LogReader
from spplus_chassis.reading import open_envelope
from spplus_chassis.records import Place, Record, Refused
from spplus_chassis.sent import Positions
from spplus_chassis.settings import ServiceSettings

log = structlog.get_logger()

# A copy of a refused record bears the envelope of another's event: it is sent again, which its readers tolerate.
_IN_OUTBOX = """
SELECT given.position, outbox.seq, outbox.payload
FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[]) AS given (position, topic, key, source, id)
JOIN outbox ON outbox.id = given.id AND outbox.source = given.source AND outbox.aggregatetype = given.topic
    AND outbox.aggregateid = given.key AND outbox.headers IS NULL
"""
_DELETE = "DELETE FROM outbox WHERE seq = ANY($1::bigint[])"


class Learner(Protocol):
    """Takes what the bus knows and the database has lost. Made anew for each reading."""

    topics: tuple[str, ...]
    """Read from their start where no position is stored."""

    def read(self, records: Sequence[Record]) -> None:
        """Take records of these topics, in order, that no row of the outbox stands for."""

    async def prepare(self) -> None:
        """Ask others, before the transaction."""

    async def learn(self, connection: Connection) -> None:
        """Write what was read; nothing is sent before this is committed."""


class NothingToLearn:
    """For services whose events contradict nothing when they are sent again."""

    topics: tuple[str, ...] = ()

    def read(self, records: Sequence[Record]) -> None:
        """Nothing."""

    async def prepare(self) -> None:
        """Nothing."""

    async def learn(self, connection: Connection) -> None:
        """Nothing."""


async def reconcile(pool: Pool, settings: ServiceSettings, learner: Learner, lease: Lease | None = None) -> Positions:
    """Read what the database does not know, let it be learnt, and return the positions from which to send.

    Call it once any other producer of these topics has been fenced. Raises `LeaseLost`, and `KafkaError` where a topic
    to learn from cannot be seen.
    """
    stored = await sent.load(pool)  # type: ignore[arg-type] # a pool fetches too
    topics = {topic for topic, _ in stored} | set(learner.topics)
    if not topics:
        return await _settle(pool, learner, lease, [], {})
    async with LogReader(settings, topics) as reader:
        ends = await reader.ends()
        for topic in learner.topics:
            if topic not in reader.topics:
                raise UnknownTopicOrPartitionError(topic)
        starts = _starts(stored, ends, learner.topics)
        already_sent: list[int] = []
        unknown = 0
        async for records in reader.between(starts, ends):
            if lease is not None and not await lease.hold():
                raise LeaseLost
            rows, news = await _sorted_out(pool, records)
            already_sent += rows
            told = [record for record in news if record.topic in learner.topics]
            learner.read(told)
            unknown += len(told)
    if unknown or already_sent:
        log.info("relay_reconciled", already_sent=len(already_sent), unknown=unknown)
        metrics.RELAY_UNKNOWN_RECORDS.inc(unknown)
    return await _settle(pool, learner, lease, already_sent, {place: ends[place] for place in starts})


async def begin_topics(pool: Pool, settings: ServiceSettings, topics: Iterable[str]) -> Positions:
    """Store where topics end that are about to be sent to for the first time; returns all positions."""
    async with LogReader(settings, topics) as reader:
        ends = await reader.ends()
    async with pool.acquire() as connection, connection.transaction():
        await sent.advance(connection, {}, ends)
        return await sent.load(connection)


def _starts(stored: Positions, ends: Positions, learnt_topics: Sequence[str]) -> Positions:
    """Where to begin to read each partition: at its start where none is stored, or where the topic was made anew."""
    return {
        place: start if (start := stored.get(place, 0)) <= end else 0
        for place, end in ends.items()
        if place in stored or place[0] in learnt_topics
    }


async def _sorted_out(pool: Pool, records: Sequence[Record]) -> tuple[list[int], list[Record]]:
    """Rows of the outbox that were sent already, and the records that none stands for."""
    named = [(position, identity) for position, each in enumerate(records) if (identity := _identity(each))]
    rows = (
        await pool.fetch(
            _IN_OUTBOX, [position for position, _ in named], *zip(*(identity for _, identity in named), strict=True)
        )
        if named
        else []
    )
    same = [row for row in rows if row["payload"] == records[row["position"]].value]
    known = {row["position"] for row in same}
    return [row["seq"] for row in same], [each for position, each in enumerate(records) if position not in known]


def _identity(record: Record) -> tuple[str, str, str, str] | None:
    """Topic, key, source and id; none where the record is not one of ours."""
    try:
        envelope, _ = open_envelope(record._replace(value=record.value or b""))
        return record.topic, (record.key or b"").decode(), envelope.source, envelope.id
    except (Refused, UnicodeDecodeError):
        return None


async def _settle(
    pool: Pool, learner: Learner, lease: Lease | None, already_sent: Sequence[int], positions: dict[Place, int]
) -> Positions:
    await learner.prepare()
    async with pool.acquire() as connection, connection.transaction():
        if lease is not None:
            await lease.assert_held(connection)
        if already_sent:
            await connection.execute(_DELETE, already_sent)
        await learner.learn(connection)
        await sent.put(connection, positions)
        return await sent.load(connection)
