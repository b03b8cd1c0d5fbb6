"""A change told to a thousand addresses: all of them answer, or a tenth of them fail, and answer in the end."""

import argparse
import asyncio
import time
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import asyncpg
from cryptography.fernet import Fernet
from rich.console import Console

from spplus_chassis.topics import create_topics
from spplus_contracts.topics import TOPICS
from spplus_embedded.ports import HOST
from spplus_notifier.sealing import Sealer
from spplus_notifier.webhooks import keys, subscriptions
from spplus_notifier.webhooks.interest import Interest
from tests.bench import gauge
from tests.bench.counts import percentiles
from tests.bench.results import Report, correctness
from tests.bench.service import prepare, serving, until_ready
from tests.bench.stand import BenchError, Stand
from tests.support.builders import a_figure
from tests.support.publication import Publication

_PATIENCE_SECONDS: Final = 120.0
_STRUCTURE: Final = "office"
_LEGEND = """\
Each round publishes one figure on the topic and waits until every address that answers has it. Told: deliveries, calls
answered 2xx, while rounds ran; refused: calls to failing addresses meanwhile. p50, p95, max: from the record's
acknowledgement by Kafka until the call came in, over addresses that answer. In the end failing addresses answer too,
and must be told the newest revision. Missing: revisions that an address was never told; twice: told again after a 2xx.
CPU: microseconds a call, of the notifier, PostgreSQL and Kafka. The addresses are the bench's own process, on the same
cores.
"""


@dataclass
class _Addresses:
    """All addresses in one small HTTP server."""

    failing: int
    """The first so many refuse."""
    told_at: defaultdict[int, dict[int, float]] = field(default_factory=lambda: defaultdict(dict))
    """When each revision came in first, by address."""
    refused: int = 0
    twice: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer until the connection ends."""
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
                length = int(head.lower().partition("content-length: ")[2].partition("\r\n")[0])
                accepted = self._takes(int(head.split(" ")[1].removeprefix("/")), await reader.readexactly(length))
                writer.write(b"HTTP/1.1 %s\r\ncontent-length: 0\r\n\r\n" % (b"204 Yes" if accepted else b"500 No"))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _takes(self, address: int, body: bytes) -> bool:
        if address < self.failing:
            self.refused += 1
            return False
        told = self.told_at[int(body.partition(b'"revision":')[2].partition(b",")[0])]
        self.twice += address in told
        told.setdefault(address, time.monotonic())
        return True


@dataclass(frozen=True, slots=True)
class _Run:
    name: str
    calls: int
    refused: int
    seconds: float
    missing: int
    twice: int
    milliseconds: dict[str, float]
    cpu_seconds: dict[str, float]
    memory_mb: float
    others_cores: float
    wrong: list[str]


async def webhooks(console: Console, stand: Stand, options: argparse.Namespace) -> Report:
    """Without and with failing addresses."""
    runs = []
    for name, failing in (("all answer", 0), ("one in ten fails", options.webhooks // 10)):
        with console.status(f"Telling {options.webhooks:,} webhooks, {name}"):
            runs.append(await _run(stand, name, failing, options))
    return _report(runs, options)


async def _run(stand: Stand, name: str, failing: int, options: argparse.Namespace) -> _Run:
    prefix, key = f"webhooks{failing}.", Fernet.generate_key().decode()
    await create_topics(stand.kafka.bootstrap_servers, TOPICS, prefix)
    database = await prepare(stand, "notifier", prefix)
    addresses = _Addresses(failing)
    server = await asyncio.start_server(addresses.serve, HOST, 0, backlog=1_000)
    url = f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
    await _subscribe(database, Sealer([key]), url, options.webhooks)
    settings = {"SPPLUS_NOTIFIER_SEAL_KEYS": key, "SPPLUS_NOTIFIER_WEBHOOK_PRIVATE_NETWORKS": f"{HOST}/32"}
    publication = Publication(database, stand.kafka.bootstrap_servers, prefix)
    try:
        async with serving(stand, "notifier", prefix, database=database, settings=settings) as service:
            await until_ready(service)
            await _tell(publication, addresses, 1, options.webhooks - failing)  # connections are made
            reading, machine, began = (
                gauge.read({"notifier": service.pid} | stand.pids),
                gauge.Machine(),
                time.monotonic(),
            )
            waits: list[float] = []
            for revision in range(2, options.rounds + 2):
                waits += await _tell(publication, addresses, revision, options.webhooks - failing)
            lasted, cpu = time.monotonic() - began, reading.since()
            memory, others, refused = gauge.peak_mb(service.pid), machine.others_cores(), addresses.refused
            missing = await _missing(publication, addresses, options)
    finally:
        server.close()
    counted = {"missing": missing, "told twice": addresses.twice}
    wrong = [f"{count:,} {what}" for what, count in counted.items() if count]
    return _Run(
        name, len(waits), refused, lasted, missing, addresses.twice, percentiles(waits), cpu, memory, others, wrong
    )


async def _missing(publication: Publication, addresses: _Addresses, options: argparse.Namespace) -> int:
    """Let failing addresses answer: of them the newest revision, of the others all; how many were never told."""
    failing, addresses.failing, newest = addresses.failing, 0, options.rounds + 1
    began = time.monotonic()
    while len(addresses.told_at[newest]) < options.webhooks and time.monotonic() - began < _PATIENCE_SECONDS:
        await publication.fetch("UPDATE webhooks SET next_call_at = now() WHERE failures > 0")
        await asyncio.sleep(0.5)
    of_healthy = sum(
        address not in addresses.told_at[revision]
        for revision in range(1, newest + 1)
        for address in range(failing, options.webhooks)
    )
    return of_healthy + sum(address not in addresses.told_at[newest] for address in range(failing))


async def _subscribe(database: str, sealer: Sealer, url: str, count: int) -> None:
    connection = await asyncpg.connect(database)
    try:
        await keys.create_key(connection, name="bench", structure_code=None)
        for number in range(count):
            await subscriptions.create(connection, sealer, 1, f"{url}/{number}", Interest(structure_code=_STRUCTURE))
    finally:
        await connection.close()


async def _tell(publication: Publication, addresses: _Addresses, revision: int, expected: int) -> list[float]:
    """Publish a revision and wait until it is everywhere; how long each address waited, in seconds."""
    await publication.publish(a_figure(structure_code=_STRUCTURE, revision=revision))
    began = time.monotonic()
    while len(addresses.told_at[revision]) < expected:
        if time.monotonic() - began > _PATIENCE_SECONDS:
            raise BenchError(f"revision {revision} reached {len(addresses.told_at[revision])} of {expected} addresses")
        await asyncio.sleep(0.01)
    return [at - began for at in addresses.told_at[revision].values()]


def _report(runs: list[_Run], options: argparse.Namespace) -> Report:
    counts = ("addresses", "counts", "told", "refused", "missing", "twice", "told/s")
    columns = (*counts, "p50 ms", "p95", "max", "CPU us", "MB", "others")
    rows = [
        [
            run.name,
            correctness(run.wrong),
            f"{run.calls:,}",
            *(f"{count:,}" for count in (run.refused, run.missing, run.twice)),
            f"{run.calls / run.seconds:,.0f}",
            *(f"{run.milliseconds[mark]:,.0f}" for mark in ("p50", "p95", "max")),
            "+".join(f"{1e6 * seconds / (run.calls + run.refused):.0f}" for seconds in run.cpu_seconds.values()),
            f"{run.memory_mb:,.0f}",
            f"{run.others_cores:.1f}",
        ]
        for run in runs
    ]
    wrong = [f"{run.name}: {line}" for run in runs for line in run.wrong]
    data: list[dict[str, Any]] = [asdict(run) for run in runs]
    title = f"{options.rounds} changes told to {options.webhooks:,} addresses"
    return Report("webhooks", title, columns, rows, _LEGEND, [], wrong, data)
