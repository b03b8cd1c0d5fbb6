"""A service of the platform as a process of its own, on the stand."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from spplus_embedded.ports import HOST, free_port
from spplus_embedded.process import Child
from tests.bench.stand import BenchError, Stand

START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class RunningService:
    """A service that serves; `url` is its address."""

    name: str
    child: Child
    url: str
    database: str
    client: httpx.AsyncClient

    @property
    def pid(self) -> int:
        """Process id; raises `BenchError` when the process has ended."""
        pid = self.child.pid
        if pid is None:
            raise BenchError(f"{self.name} ended: {self.child.log.read_text()[-3000:]}")
        return pid

    async def ready(self) -> bool:
        """Whether it can do its work."""
        try:
            answer = await self.client.get(f"{self.url}/readyz")
        except httpx.TransportError:
            return False
        return answer.status_code == httpx.codes.OK

    async def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric over the series that carry these labels; 0 when there is none."""
        answer = await self.client.get(f"{self.url}/metrics")
        return sum(
            sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )


def environment(name: str, database: str, stand: Stand, prefix: str, port: int) -> dict[str, str]:
    """Settings by which a service finds the stand."""
    own = f"SPPLUS_{name.upper()}_"
    return {
        f"{own}DATABASE_URL": database,
        f"{own}HTTP_PORT": str(port),
        f"{own}LOG_LEVEL": "WARNING",
        "SPPLUS_KAFKA_BOOTSTRAP_SERVERS": stand.kafka.bootstrap_servers,
        "SPPLUS_TOPIC_PREFIX": prefix,
    }


async def run_command(stand: Stand, name: str, settings: dict[str, str], *arguments: str) -> str:
    """Run a command of a service to its end; returns what it printed."""
    program = Path(sys.executable).parent / f"spplus-{name}"
    child = Child(f"{name}-{arguments[0]}", [str(program), *arguments], stand.directory, environment=settings)
    await child.start()
    await child.wait()
    said = child.log.read_text()
    if child.exit_status != 0:
        raise BenchError(f"spplus-{name} {arguments[0]} failed: {said[-3000:]}")
    return said


async def prepare(stand: Stand, name: str, prefix: str) -> str:
    """Make an empty database with the service's tables; returns its address."""
    database = await stand.make_database()
    await run_command(stand, name, environment(name, database, stand, prefix, 1), "migrate")
    return database


@asynccontextmanager
async def serving(
    stand: Stand,
    name: str,
    prefix: str,
    *,
    database: str | None = None,
    instance: str = "1",
    command: Sequence[str] | None = None,
    settings: Mapping[str, str] | None = None,
) -> AsyncIterator[RunningService]:
    """Serve, on an empty database unless one is given; stopped in order at the end.

    `command` starts a contender in place of the service itself; `settings` by their names in the environment.
    """
    database, port = database or await prepare(stand, name, prefix), free_port()
    given = environment(name, database, stand, prefix, port) | {f"SPPLUS_{name.upper()}_INSTANCE": instance}
    program = command or (str(Path(sys.executable).parent / f"spplus-{name}"), "serve")
    child = Child(f"{name}-{port}", [*program], stand.directory, environment=given | (settings or {}))
    async with httpx.AsyncClient(timeout=10) as client:
        service = RunningService(name, child, f"http://{HOST}:{port}", database, client)
        await child.start()
        try:
            await until_answering(service)
            yield service
        finally:
            await child.stop()


async def until_answering(service: RunningService) -> None:
    """Wait until its HTTP answers; raises `BenchError` when it does not."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and service.pid:
        try:
            await service.client.get(f"{service.url}/livez")
        except httpx.TransportError:
            await asyncio.sleep(0.05)
        else:
            return
    raise BenchError(f"{service.name} did not answer within {START_SECONDS:.0f} s")


async def until_ready(service: RunningService) -> None:
    """Wait until it can do its work; raises `BenchError` when it cannot."""
    deadline = time.monotonic() + START_SECONDS
    while not await service.ready():
        if time.monotonic() > deadline or not service.pid:
            raise BenchError(f"{service.name} is not ready: {service.child.log.read_text()[-3000:]}")
        await asyncio.sleep(0.1)
