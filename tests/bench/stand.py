"""The stand that every run uses: Kafka and PostgreSQL as `make up` starts them, on a directory that is thrown away.

Durable settings throughout: a figure that holds only with fsync off would be no figure.
"""

import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from spplus_embedded.jars_lock import COORDINATES
from spplus_embedded.kafka import KafkaNode
from spplus_embedded.postgres import PostgresServer


class BenchError(Exception):
    """A run that says nothing: a process ended, or the counts came out wrong."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Running Kafka and PostgreSQL."""

    directory: Path
    kafka: KafkaNode
    postgres: PostgresServer

    @property
    def pids(self) -> dict[str, int]:
        """Process ids of the parts."""
        pids = {"postgresql": self.postgres.child.pid, "kafka": self.kafka.child.pid}
        return {name: pid for name, pid in pids.items() if pid is not None}

    async def versions(self) -> dict[str, str]:
        """Versions of the parts."""
        connection = await asyncpg.connect(self.postgres.admin_url)
        try:
            postgresql = await connection.fetchval("SHOW server_version")
        finally:
            await connection.close()
        kafka = next(coordinate for coordinate in COORDINATES if "org.apache.kafka:kafka_" in coordinate)
        return {"postgresql": postgresql, "kafka": kafka.rpartition(":")[2]}

    async def make_database(self) -> str:
        """Make an empty database; returns its address."""
        name = f"bench_{secrets.token_hex(4)}"
        connection = await asyncpg.connect(self.postgres.admin_url)
        try:
            await connection.execute(f'CREATE DATABASE "{name}"')
            await connection.execute("CHECKPOINT")
        finally:
            await connection.close()
        return self.postgres.admin_url.rpartition("/")[0] + f"/{name}"


@asynccontextmanager
async def a_stand() -> AsyncIterator[Stand]:
    """Start both parts on free ports; stop them and remove their data at the end."""
    directory = Path(tempfile.mkdtemp(prefix="spplus-bench-"))
    stand = Stand(directory, KafkaNode(directory / "kafka"), PostgresServer(directory / "postgres"))
    try:
        await stand.postgres.start()
        await stand.kafka.start()
        yield stand
    finally:
        await stand.kafka.stop()
        await stand.postgres.stop()
        shutil.rmtree(directory, ignore_errors=True)
