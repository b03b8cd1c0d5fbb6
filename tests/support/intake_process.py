"""The intake service as a process of its own, with a small tree of structures and all that it said."""

import asyncio
import os
import socket
import sys
from contextlib import asynccontextmanager

import httpx

from spplus_chassis.migrations import migrate
from spplus_chassis.topics import create_topics
from spplus_contracts.topics import CANONICAL, dead_letters
from spplus_feedback.app import PACKAGE
from tests.support.intake import furnish
from tests.support.waiting import eventually

RESULTS_URL = "https://results.example/"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Running:
    """The service as a process of its own, with all that it said."""

    def __init__(self, address, keys, process):
        self.address, self.keys, self.process = address, keys, process
        self.log = ""

    async def listen(self):
        while line := await self.process.stdout.readline():
            self.log += line.decode()


@asynccontextmanager
async def served(database_url, kafka, topic_prefix):
    """The service on a port of its own; stopped afterwards."""
    await migrate(database_url, PACKAGE)
    keys = await furnish(database_url)
    await create_topics(kafka, [*CANONICAL, dead_letters("feedback")], topic_prefix)
    port = free_port()
    settings = {
        "SPPLUS_FEEDBACK_DATABASE_URL": database_url,
        "SPPLUS_FEEDBACK_HTTP_PORT": str(port),
        "SPPLUS_FEEDBACK_LOG_LEVEL": "DEBUG",
        "SPPLUS_FEEDBACK_RESULTS_URL": RESULTS_URL,
        "SPPLUS_KAFKA_BOOTSTRAP_SERVERS": kafka,
        "SPPLUS_TOPIC_PREFIX": topic_prefix,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "spplus_feedback", "serve"),
        env=os.environ | settings,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    service = Running(f"http://127.0.0.1:{port}", keys, process)
    listening = asyncio.create_task(service.listen())
    try:
        await eventually(lambda: _answers(service.address), "the service to be ready", seconds=60)
        yield service
    finally:
        process.terminate()
        await process.wait()
        await listening


async def _answers(address):
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(f"{address}/readyz")).status_code == 200
        except httpx.TransportError:
            return False
