"""The trial: a long history through the real indicators service, killed again and again, and what must be true then."""

import asyncio
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from aiokafka import AIOKafkaProducer

from spplus_chassis.migrations import migrate
from spplus_chassis.topics import create_topics
from spplus_contracts import FeedbackSubmitted, FeedbackWithdrawn, IndicatorComputed, SingleAnswer, topic_of
from spplus_contracts.topics import INDICATOR_COMPUTED, TOPICS
from spplus_embedded.expected import differences
from spplus_embedded.fold import fold
from spplus_embedded.service_process import ServiceProcess
from tests.bench.bus import last_values
from tests.endurance.history import Told, a_history, arrivals

Progress = Callable[[str, int, int], None]
"""Told what goes on, how much of it is done, and how much there is."""

_PENDING = 2_000
_POLL_SECONDS = 0.05
_WAITING = """
SELECT (SELECT count(*) FROM marks) + (SELECT count(*) FROM publication_queue) + (SELECT count(*) FROM outbox)
"""
_CONSUMED = "SELECT coalesce(sum(next_offset), 0)::bigint FROM consumer_offsets"
_FIGURES = "SELECT structure_code, indicator_code, period_kind, period_end, revision FROM figures"


class NeverRests(Exception):  # noqa: N818 - a verdict
    """The service did not come to rest in time."""


@dataclass
class Verdict:
    """What came out; the lists of faults must be empty."""

    events: int
    seed: int
    records: int = 0
    """With repetitions."""
    kills: int = 0
    seconds: float = 0.0
    figures: int = 0
    revisions: int = 0
    dead_letters: dict[str, int] = field(default_factory=dict)
    """By reason; only circles in the tree are expected."""
    audit: str = ""
    """The last line of what the audit says."""
    faults: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether all is as it must be."""
        return not self.faults


@dataclass
class Trial:
    """One history on one database and one set of topics."""

    kafka_servers: str
    database_url: str
    prefix: str
    folder: Path
    events: int
    seed: int
    kills: int
    progress: Progress = lambda *_: None
    patience_seconds: float = 120.0
    """How long nothing may move before the service counts as stuck."""

    async def run(self) -> Verdict:
        """Make the history, feed it, kill the service in between, let it come to rest, and compare."""
        dice = random.Random(self.seed)
        self.progress("making the history", 0, self.events)
        told = await asyncio.to_thread(a_history, self.events, dice, datetime.now(UTC))
        arrived = arrivals(told, dice)
        verdict = Verdict(len(told), self.seed, records=len(arrived))
        await migrate(self.database_url, "spplus_indicators")
        await create_topics(self.kafka_servers, TOPICS, self.prefix)
        service = ServiceProcess("indicators", self.folder)
        service.environment = self._environment()
        await service.start()
        began = time.monotonic()
        try:
            await self._feed(arrived, service, dice, verdict)
            await self._rest(len(arrived))
        finally:
            await service.stop()
        verdict.seconds = round(time.monotonic() - began, 1)
        self.progress("judging", 0, 1)
        await self._judge(told, verdict)
        self.progress("judging", 1, 1)
        return verdict

    def _environment(self) -> dict[str, str]:
        quick = {f"SPPLUS_INDICATORS_PUBLISH_{size}_SECONDS": "0.5" for size in ("LARGE", "ROOT")}
        return quick | {
            "SPPLUS_INDICATORS_DATABASE_URL": self.database_url,
            "SPPLUS_INDICATORS_LOG_LEVEL": "WARNING",
            "SPPLUS_KAFKA_BOOTSTRAP_SERVERS": self.kafka_servers,
            "SPPLUS_TOPIC_PREFIX": self.prefix,
        }

    async def _feed(self, arrived: list[Told], service: ServiceProcess, dice: random.Random, verdict: Verdict) -> None:
        """In as many slices as there are kills; the service dies at a random point of each."""
        size = -(-len(arrived) // max(1, self.kills))
        async with AIOKafkaProducer(bootstrap_servers=self.kafka_servers, linger_ms=5) as producer:
            for start in range(0, len(arrived), size):
                part = arrived[start : start + size]
                sending = asyncio.create_task(self._send(producer, part))
                if verdict.kills < self.kills:
                    await self._until_consumed(start + int(len(part) * min(1.0, dice.random() * 1.2)), len(arrived))
                    await service.child.kill()
                    verdict.kills += 1
                    await service.start()
                await sending

    async def _send(self, producer: AIOKafkaProducer, part: list[Told]) -> None:
        pending: list[asyncio.Future[object]] = []
        for envelope, event in part:
            topic = topic_of(event.TYPE)
            if topic is None:
                raise LookupError(event.TYPE)
            record = {"key": event.key.encode(), "value": event.to_json(), "headers": envelope.headers()}
            pending.append(await producer.send(self.prefix + topic.name, **record))
            if len(pending) == _PENDING:
                await asyncio.gather(*pending)
                pending.clear()
        await asyncio.gather(*pending)

    async def _until_consumed(self, records: int, of_all: int) -> None:
        await self._until(lambda consumed, _: consumed >= records, of_all)

    async def _rest(self, records: int) -> None:
        await self._until(lambda consumed, waiting: consumed >= records and not waiting, records)

    async def _until(self, there: Callable[[int, int], bool], of_all: int) -> None:
        """Wait for a state of the service. Raises `NeverRests` when nothing has moved for long."""
        before, moved_at = (-1, -1), time.monotonic()
        connection = await asyncpg.connect(self.database_url)
        try:
            while True:
                state = (await connection.fetchval(_CONSUMED), await connection.fetchval(_WAITING))
                if there(*state):
                    return
                if state != before:
                    before, moved_at = state, time.monotonic()
                    self.progress(f"scoring; {state[1]} rows wait for publication", state[0], of_all)
                if time.monotonic() - moved_at > self.patience_seconds:
                    raise NeverRests(f"{state[0]} of {of_all} records read, {state[1]} rows wait")
                await asyncio.sleep(_POLL_SECONDS)
        finally:
            await connection.close()

    async def _judge(self, told: list[Told], verdict: Verdict) -> None:
        expected = await asyncio.to_thread(fold, told, datetime.now(UTC))
        values = await last_values(self.kafka_servers, self.prefix + INDICATOR_COMPUTED.name)
        published = [IndicatorComputed.read_json(value) for value in values.values() if value is not None]
        verdict.figures, verdict.revisions = len(published), sum(each.revision for each in published)
        verdict.faults += differences(expected, published)
        verdict.faults += await self._unlike_the_database(published)
        verdict.faults += await self._missing(told)
        await self._audit(verdict)
        rows = await self._query("SELECT reason, count(*) FROM dead_letters GROUP BY reason")
        verdict.dead_letters = {row[0]: row[1] for row in rows}
        verdict.faults += [f"dead letters: {reason}" for reason in verdict.dead_letters if reason != "cycle"]

    async def _unlike_the_database(self, published: list[IndicatorComputed]) -> list[str]:
        on_the_bus = Counter(
            (each.structure_code, each.indicator_code, str(each.period.kind), each.period.end, each.revision)
            for each in published
        )
        in_the_table = Counter(tuple(row) for row in await self._query(_FIGURES))
        gone, more = in_the_table - on_the_bus, on_the_bus - in_the_table
        return [f"not on the bus: {each}" for each in gone] + [f"not in the table: {each}" for each in more]

    async def _missing(self, told: list[Told]) -> list[str]:
        said = {
            (event.request_source or envelope.source, event.request_id)
            for envelope, event in told
            if isinstance(event, FeedbackSubmitted | SingleAnswer | FeedbackWithdrawn)
        }
        rows = await self._query("SELECT request_source, request_id FROM ledger")
        return [f"not in the ledger: {each}" for each in sorted(said - {(row[0], row[1]) for row in rows})]

    async def _audit(self, verdict: Verdict) -> None:
        running = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "spplus_indicators", "audit"),
            env={**os.environ, **self._environment()},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        lines = (await running.communicate())[0].decode().strip().splitlines()
        verdict.audit = lines[-1] if lines else "nothing said"
        if running.returncode != 0:
            verdict.faults += [f"audit: {line}" for line in lines]

    async def _query(self, sql: str) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.database_url)
        try:
            return await connection.fetch(sql)
        finally:
            await connection.close()


def as_json(verdict: Verdict) -> str:
    """The verdict for programs."""
    return json.dumps({**vars(verdict), "passed": verdict.passed}, indent=2)
