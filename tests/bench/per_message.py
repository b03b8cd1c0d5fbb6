"""FastStream as its tutorial shows it: one record, one transaction, one acknowledgement; changes to an output topic."""

import argparse
import asyncio
import json
import time

import asyncpg
from aiokafka import ConsumerRecord
from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage
from pydantic import ValidationError

from spplus_contracts import EnvelopeError, FeedbackSubmitted, unwrap

SCHEMA = """
CREATE TABLE ids (id uuid PRIMARY KEY);
CREATE TABLE counts (structure text, month date, positive bigint, total bigint, PRIMARY KEY (structure, month));
"""
REMEMBER = "INSERT INTO ids VALUES ($1) ON CONFLICT DO NOTHING RETURNING id"
ADD = """
INSERT INTO counts VALUES ($1, $2, $3, 1) ON CONFLICT (structure, month) DO UPDATE
SET positive = counts.positive + excluded.positive, total = counts.total + 1 RETURNING positive, total
"""


def read(record: ConsumerRecord) -> tuple[str, FeedbackSubmitted] | None:
    """The event and its id; nothing of a record that cannot be read."""
    try:
        envelope, data = unwrap(record.headers, record.value)
        return (envelope.id, FeedbackSubmitted.read_json(data)) if envelope.type == FeedbackSubmitted.TYPE else None
    except (EnvelopeError, ValidationError):
        return None


async def undecoded(message: KafkaMessage) -> bytes | None:
    """The bytes as they came: the default decoder fails on a record that is no JSON, and is asked again for ever."""
    return message.body


async def run(options: argparse.Namespace) -> None:
    """Count until told to stop."""
    pool = await asyncpg.create_pool(options.database, min_size=2, max_size=4)
    await pool.execute(SCHEMA)
    broker = KafkaBroker(options.kafka, acks="all", enable_idempotence=True, logger=None)
    begun: list[float] = []

    @broker.subscriber(
        options.topic,
        group_id=options.group,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.NACK_ON_ERROR,
        decoder=undecoded,
    )
    async def on_message(message: KafkaMessage) -> None:
        if not begun:
            begun.append(time.time())
            print(json.dumps({"started": begun[0]}), flush=True)  # noqa: T201 - the caller reads it
        told = read(message.raw_message)
        changed = None
        if told is not None:
            event_id, event = told
            month = event.submitted_at.date().replace(day=1)
            async with pool.acquire() as connection, connection.transaction():
                if await connection.fetchval(REMEMBER, event_id):
                    positive = int(event.sentiment == "positive")
                    changed = await connection.fetchrow(ADD, event.structure_code, month, positive)
            if changed is not None:
                await broker.publish(dict(changed), options.target, key=f"{event.structure_code}|{month}".encode())

    await FastStream(broker, logger=None).run()
    await pool.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("kafka", "database", "topic", "target", "group"):
        parser.add_argument(f"--{name}", required=True)
    asyncio.run(run(parser.parse_args()))
