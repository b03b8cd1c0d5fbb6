"""A service of the platform as a process of its own."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx

from spplus_embedded.ports import free_port
from tests.support.waiting import eventually


class Running:
    """The process, with all that it said."""

    def __init__(self, address: str, process: asyncio.subprocess.Process) -> None:
        self.address, self.process = address, process
        self.log = ""

    async def listen(self) -> None:
        """Keep what it says until it ends."""
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            self.log += line.decode()


@asynccontextmanager
async def running_service(
    name: str, database_url: str, kafka: str, topic_prefix: str, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Running]:
    """Serve on a port of its own, once it is ready; stopped afterwards. Its tables and topics must be there."""
    port, own = free_port(), f"SPPLUS_{name.upper()}_"
    given = {
        f"{own}DATABASE_URL": database_url,
        f"{own}HTTP_PORT": str(port),
        f"{own}LOG_LEVEL": "DEBUG",
        "SPPLUS_KAFKA_BOOTSTRAP_SERVERS": kafka,
        "SPPLUS_TOPIC_PREFIX": topic_prefix,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"spplus_{name}", "serve"),
        env=os.environ | given | (settings or {}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    service = Running(f"http://127.0.0.1:{port}", process)
    listening = asyncio.create_task(service.listen())
    try:
        await eventually(lambda: _answers(service), "the service to be ready", seconds=60)
        yield service
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        await listening


async def _answers(service: Running) -> bool:
    assert service.process.returncode is None, service.log[-3000:]
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(f"{service.address}/readyz")).status_code == 200
        except httpx.TransportError:
            return False
