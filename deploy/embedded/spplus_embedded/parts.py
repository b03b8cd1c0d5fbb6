"""Kafka and PostgreSQL for a while: started with fast settings, thrown away at the end. For tests and benches."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

from spplus_embedded import kafka, postgres
from spplus_embedded.errors import PartsError
from spplus_embedded.jars import Progress, fetch_jars
from spplus_embedded.java import find_java
from spplus_embedded.kafka import DEFAULT_RUNTIME, KafkaNode
from spplus_embedded.postgres import PostgresServer
from spplus_embedded.postgres_programs import find_programs

KAFKA_VARIABLE: Final = "SPPLUS_TEST_KAFKA"
POSTGRES_VARIABLE: Final = "SPPLUS_TEST_POSTGRES"


@dataclass(frozen=True, slots=True)
class Parts:
    """Running Kafka and PostgreSQL."""

    kafka: KafkaNode
    postgres: PostgresServer

    def environment(self) -> dict[str, str]:
        """Variables by which tests find them."""
        return {KAFKA_VARIABLE: self.kafka.bootstrap_servers, POSTGRES_VARIABLE: self.postgres.admin_url}


def fetch_parts(runtime: Path = DEFAULT_RUNTIME, progress: Progress | None = None) -> None:
    """See that every part is there, fetching what is missing; PartsError names what cannot be had."""
    find_java()
    find_programs()
    fetch_jars(runtime, progress)


@asynccontextmanager
async def throwaway_parts(runtime: Path = DEFAULT_RUNTIME) -> AsyncIterator[Parts]:
    """Both parts, on free ports and an empty directory that is removed at the end."""
    directory = Path(tempfile.mkdtemp(prefix="spplus-parts-"))
    parts = Parts(
        KafkaNode(directory / "kafka", runtime=runtime, properties=kafka.FAST),
        PostgresServer(directory / "postgres", settings=postgres.FAST),
    )
    try:
        await parts.postgres.start()
        await parts.kafka.start()
        yield parts
    finally:
        await parts.kafka.stop()
        await parts.postgres.stop()
        shutil.rmtree(directory, ignore_errors=True)


async def run_with_parts(command: Sequence[str], runtime: Path = DEFAULT_RUNTIME) -> int:
    """Run a command on both parts; returns its exit status. SIGTERM is passed on to it, SIGINT too.

    A terminal sends SIGINT to the command itself: then it is not sent a second time.
    """
    async with throwaway_parts(runtime) as parts:
        try:
            child = subprocess.Popen(command, env={**os.environ, **parts.environment()})  # noqa: S603, ASYNC220  # the caller's own command
        except OSError as error:
            raise PartsError(f"cannot run {command[0]}: {error.strerror}") from error

        def pass_on(number: int, _frame: FrameType | None) -> None:
            if number == signal.SIGTERM or not sys.stdin.isatty():
                child.send_signal(number)

        previous = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            status = child.wait()
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
    return status if status >= 0 else 128 - status
