"""How another agency's system emits its events: its own topic, CloudEvents headers, the structure's code as key.

Needs `aiokafka` and `spplus-contracts`. Run: python emit.py 127.0.0.1:9092 my-source 12345
"""

import asyncio
import sys
import uuid
from datetime import UTC, datetime

from aiokafka import AIOKafkaProducer

from spplus_contracts import Envelope, SingleAnswer
from spplus_contracts.topics import inbound


async def emit(producer: AIOKafkaProducer, source: str, event: SingleAnswer) -> None:
    """Send one event and wait until the cluster has it; trying again with the same id is safe."""
    envelope = Envelope(id=str(uuid.uuid4()), source=source, type=event.TYPE, time=datetime.now(UTC))
    await producer.send_and_wait(
        inbound(source).name, value=event.to_json(), key=event.key.encode(), headers=envelope.headers()
    )


async def main(bootstrap: str, source: str, structure: str) -> None:
    """Tell that a letter of 2 November was answered on the 12th."""
    answer = SingleAnswer(
        request_id=f"letter-{uuid.uuid4()}", request_kind="letter", structure_code=structure, channel="mail",
        received_at="2026-11-02T09:00:00Z", outcome="answered", answered_at="2026-11-12T16:30:00+01:00",
    )  # fmt: skip
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True) as producer:
        await emit(producer, source, answer)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
