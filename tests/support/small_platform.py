"""A whole platform with a small tree, an agency and an agent's key, and what can be known of it from outside."""

import asyncio
import os
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer

from spplus_contracts import IndicatorComputed
from spplus_embedded.demo.tree import Place, write_list
from spplus_embedded.expected import differences
from spplus_embedded.fold import fold
from spplus_embedded.platform import Platform
from spplus_embedded.settings import UpSettings
from tests.support.clients import Witness
from tests.support.poison import MARK

RUNTIME = Path(__file__).parents[2] / ".spplus/runtime"
AGENCY = "agence"
PLACES = (
    Place("FT", "", None, "Région", "Région d'essai"),
    Place("FT-A", "FT", None, "Direction", "Direction du Nord"),
    Place("FT-A-1", "FT-A", None, "Guichet", "Guichet du Bourg"),
    Place("FT-A-2", "FT-A", None, "Guichet", "Guichet du Port"),
    Place("FT-B", "FT", None, "Direction", "Direction du Sud"),
    Place("FT-B-1", "FT-B", None, "Guichet", "Guichet de la Gare"),
)
HTTP_STRUCTURES = ["FT", "FT-A", "FT-A-1", "FT-A-2", "FT-B-1"]
AGENCY_STRUCTURES = ["FT-B", "FT-B-1"]
ENVIRONMENT = {
    "SPPLUS_INDICATORS_PUBLISH_ROOT_SECONDS": "0.25",
    "SPPLUS_INDICATORS_PUBLISH_LARGE_SECONDS": "0.25",
    "SPPLUS_FEEDBACK_DEFAULT_ANSWER_DAYS": "15",
}
_WAITING = {
    "feedback": "SELECT count(*) FROM outbox",
    "indicators": "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM marks) "
    "+ (SELECT count(*) FROM publication_queue)",
    "notifier": "SELECT count(*) FROM outbox",
}
READERS = {
    f"spplus.inbound.{AGENCY}.v1": [("feedback", "feedback-gate")],
    "spplus.feedback.submitted.v1": [("indicators", "indicators")],
    "spplus.request.answered.v1": [
        ("feedback", "feedback"),
        ("indicators", "indicators"),
        ("notifier", "notifier"),
    ],
    "spplus.feedback.withdrawn.v1": [("indicators", "indicators"), ("notifier", "notifier")],
    "spplus.structure.declared.v1": [("indicators", "indicators"), ("notifier", "notifier")],
    "spplus.indicator.computed.v1": [("notifier", "notifier")],
}
"""Topics that are read, with the service and the name of each consumer."""

Grave = tuple[str, str, int, int, str]
"""Consumer, topic, partition, offset, reason."""


@dataclass
class SmallPlatform:
    """Start it with `async with`; everything is under `folder`."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    witness: Witness = field(default_factory=Witness)
    announced: list[str] = field(default_factory=list)
    agent_key: str = ""
    platform: Platform = field(init=False)

    def __post_init__(self) -> None:
        self.platform = Platform(
            UpSettings.apart(self.folder / "up", runtime=RUNTIME),
            announce=self.announced.append,
            extra_environment=ENVIRONMENT | self.environment,
            fast=True,
        )

    async def __aenter__(self) -> Self:
        await self.platform.start()
        try:
            await self._register()
        except BaseException:
            await self.platform.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.platform.stop()

    async def _register(self) -> None:
        file = self.folder / "structures.csv"
        write_list(PLACES, file)
        await self.command("feedback", "import-structures", str(file), "--rejects", str(self.folder / "rejects.csv"))
        key = await self.command(
            "feedback", "keys", "create", "--name", "agent", "--scope", "requests:answer", "--structure", "FT"
        )
        self.agent_key = key.strip().splitlines()[-1]
        grants = ["--feedback", "experience", "--single", "letter", "--bulk", "call"]
        await self.command("feedback", "sources", "add", AGENCY, "--name", "Agence", "--structure", "FT-B", *grants)
        for place in PLACES:
            self.witness.hears(place.declared(), event_id=place.code)

    async def command(self, service: str, *words: str) -> str:
        """Run a command of a service as an operator would; fails where it fails."""
        running = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", f"spplus_{service}", *words),
            cwd=self.folder,
            env={**os.environ, **self.platform.environment()},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        told, complaints = await running.communicate()
        assert running.returncode == 0, f"{service} {words}: {told.decode()} {complaints.decode()}"
        return told.decode()

    async def query(self, service: str, sql: str) -> list[asyncpg.Record]:
        """Rows of a service's database."""
        connection = await asyncpg.connect(self.platform.database_url(service), timeout=30)
        try:
            return await connection.fetch(sql)
        finally:
            await connection.close()

    async def published(self) -> list[IndicatorComputed]:
        """All published figures, page by page."""
        found, cursor = [], {}
        async with httpx.AsyncClient(base_url=self.platform.address("notifier"), trust_env=False) as client:
            while True:
                answer = await client.get("/v1/indicators", params={"limit": 1000} | cursor)
                page = answer.raise_for_status().json()
                found += [IndicatorComputed.read(item) for item in page["items"]]
                if page["next"] is None:
                    return found
                cursor = {"cursor": page["next"]}

    async def settled(self, seconds: float = 60) -> list[str]:
        """What is still unlike once everything has come to rest; empty if all that was accepted is counted, once."""
        deadline = time.monotonic() + seconds
        while True:
            lines = await self.unlike()
            if not lines or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.3)
        await asyncio.sleep(1)  # nothing may come after
        return lines or await self.unlike()

    async def unlike(self) -> list[str]:
        """Where the platform is not where the accepted events must bring it; empty when it has arrived."""
        waiting = {service: (await self.query(service, sql))[0][0] for service, sql in _WAITING.items()}
        lines = [f"{service}: {count} rows wait" for service, count in waiting.items() if count]
        lines += await self._missing_requests()
        lines += await self._graves_unlike()
        if lines:
            return lines
        expected = await asyncio.to_thread(fold, self.witness.said, datetime.now(UTC))
        return differences(expected, await self.published())

    async def _missing_requests(self) -> list[str]:
        rows = await self.query("indicators", "SELECT request_source, request_id FROM ledger")
        missing = self.witness.requests() - {(row[0], row[1]) for row in rows}
        return [f"{source} {request}: accepted, not in the ledger" for source, request in sorted(missing)]

    async def _graves_unlike(self) -> list[str]:
        """Each marked record must have one grave per reader, and nothing else one."""
        expected, found = sorted(await self._poisoned()), sorted(await self.graves())
        lines = [f"not buried: {grave}" for grave in expected if grave not in found]
        return lines + [f"buried, which nobody expected: {grave}" for grave in found if grave not in expected]

    async def graves(self) -> list[Grave]:
        """The dead letters of all services."""
        sql = 'SELECT consumer, topic, partition, "offset", reason FROM dead_letters'
        return [tuple(row) for service in _WAITING for row in await self.query(service, sql)]

    async def _poisoned(self) -> list[Grave]:
        graves = []
        for record in await self.records(*READERS):
            reason = dict(record.headers).get(MARK)
            if reason is not None:
                place = (record.topic, record.partition, record.offset, reason.decode())
                graves += [(consumer, *place) for _, consumer in READERS[record.topic]]
        return graves

    async def copies(self) -> set[tuple[str, str, int, int, str]]:
        """What the dead-letter topics say: service, topic, partition, offset, reason."""
        found = set()
        for service in _WAITING:
            for record in await self.records(f"spplus.{service}.dead-letters.v1"):
                said = {name: value for name, value in record.headers if name.startswith("spplus-")}
                place = (int(said["spplus-partition"]), int(said["spplus-offset"]))
                found.add((service, said["spplus-topic"].decode(), *place, said["spplus-reason"].decode()))
        return found

    async def records(self, *topics: str) -> list:
        """All committed records of topics up to their present ends."""
        consumer = AIOKafkaConsumer(
            *topics,
            bootstrap_servers=self.platform.kafka_servers,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=50,
        )
        await consumer.start()
        try:
            partitions = list(consumer.assignment())
            assert {place.topic for place in partitions} == set(topics)
            ends = await consumer.end_offsets(partitions)
            found = []
            while [place for place in partitions if await consumer.position(place) < ends[place]]:
                for batch in (await consumer.getmany(timeout_ms=200)).values():
                    found += batch
            return found
        finally:
            await consumer.stop()
