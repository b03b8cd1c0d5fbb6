"""One service of the platform as a process of its own."""

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from spplus_embedded.errors import PartsError, explain_stop
from spplus_embedded.ports import HOST, ensure_free, free_port
from spplus_embedded.process import Child

SERVICES: Final = ("feedback", "indicators", "notifier")
READY_SECONDS: Final = 90.0


def package_of(service: str) -> str:
    """Name of the package of a service."""
    return f"spplus_{service}"


@dataclass
class ServiceProcess:
    """`spplus-<name> serve`, ready when its /readyz says so."""

    name: str
    directory: Path
    """Where its log is kept."""
    port: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)
    child: Child = field(init=False, repr=False)
    """The process, for whoever supervises it."""

    def __post_init__(self) -> None:
        command = [sys.executable, "-m", package_of(self.name), "serve"]
        self.child = Child(self.name, command, self.directory, marker=f"-m {package_of(self.name)} serve")

    @property
    def address(self) -> str:
        """Root of its pages and interfaces."""
        return f"http://{HOST}:{self.port}"

    async def clear_the_way(self) -> None:
        """End a leftover of an earlier run; PartsError if somebody else has the port."""
        self.port = self.port or free_port()
        await self.child.end_leftover()
        ensure_free(self.port, owner=self.name, setting=f"SPPLUS_UP_{self.name.upper()}_PORT")

    async def start(self) -> None:
        """Start and wait until it can do its work."""
        await self.clear_the_way()
        self.child.environment = {**self.environment, f"SPPLUS_{self.name.upper()}_HTTP_PORT": str(self.port)}
        await self.child.start()
        try:
            async with asyncio.timeout(READY_SECONDS), httpx.AsyncClient(trust_env=False) as client:
                while not await self._ready(client):
                    if not self.child.running:
                        raise explain_stop(self.name, self.child.log)
                    await asyncio.sleep(0.1)
        except TimeoutError as error:
            raise PartsError(
                f"{self.name} runs but was not ready within {READY_SECONDS:.0f} s (log: {self.child.log})"
            ) from error

    async def stop(self) -> None:
        """Let it drain, then end it."""
        await self.child.stop()

    async def _ready(self, client: httpx.AsyncClient) -> bool:
        try:
            answer = await client.get(f"{self.address}/readyz", timeout=5)
        except httpx.HTTPError:
            return False
        return answer.status_code == httpx.codes.OK
