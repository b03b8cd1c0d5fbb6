"""The only indicators process is killed under load, again and again: how soon is an event scored once more?"""

import argparse
import asyncio
import random
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from statistics import median

import asyncpg
from aiokafka import AIOKafkaProducer
from rich.console import Console

from spplus_chassis.topics import create_topics
from spplus_contracts.topics import FEEDBACK_SUBMITTED, TOPICS
from tests.bench import gauge
from tests.bench.bus import drop, watching
from tests.bench.counts import Stories
from tests.bench.load import Told, a_story, a_tree, message_of
from tests.bench.results import Goal, Report, correctness
from tests.bench.scoring import declare, scored, until_right, until_scored
from tests.bench.service import RunningService, prepare, serving, until_ready
from tests.bench.stand import BenchError, Stand
from tests.bench.steady import steadily

PREFIX = "kill."
RATE = 1_000
_CALM_SECONDS = (2.0, 4.0)
"""Between two kills, so that they fall at any point of a batch."""
_LATECOMER_SECONDS = 0.3
"""PostgreSQL may finish a commit that it was sent before the kill; no new process is up as soon as this."""
_TIMEOUT_SECONDS = 60.0
_LEGEND = """\
A steady {rate:,} events a second go on throughout. Until restarted: from the kill until the process is started again,
at once. Until scored: from there until the first event is committed, with the start of Python and of the service.
Own CPU: what the new process itself had used by then; far below the time, it waited for its turn on a busy machine.
After all, every event told must be in the ledger once and in the figures.
"""


class Load:
    """Events told at a steady rate until told to stop."""

    def __init__(self, producer: AIOKafkaProducer, offices: int) -> None:
        self.told: list[Told] = []
        self._producer = producer
        self._offices = offices
        self._chance = random.Random(offices)
        self._stopped = False

    async def run(self) -> None:
        """Tell, a second at a time, until stopped."""
        while not self._stopped:
            await steadily(RATE, 1.0, self._tell)

    def stop(self) -> None:
        """Tell no more after this second."""
        self._stopped = True

    async def _tell(self, _number: int) -> None:
        now = datetime.now(UTC)
        told = a_story(f"office{self._chance.randrange(self._offices)}", now, now, self._chance)
        message = message_of(told)
        topic = PREFIX + FEEDBACK_SUBMITTED.name
        await self._producer.send_and_wait(topic, key=message.key, value=message.value, headers=message.headers)
        self.told.append(told)


async def kill(console: Console, stand: Stand, options: argparse.Namespace) -> Report:
    """Kill and restart so many times, then judge what is published."""
    broker, structures = stand.kafka.bootstrap_servers, a_tree(options.offices)
    await create_topics(broker, TOPICS, PREFIX)
    await declare(stand, PREFIX, structures)
    async with AsyncExitStack() as stack:
        seen = await stack.enter_async_context(watching(broker, PREFIX))
        database = await prepare(stand, "indicators", PREFIX)
        connection = await asyncpg.connect(database)
        stack.push_async_callback(connection.close)
        producer = AIOKafkaProducer(bootstrap_servers=broker, enable_idempotence=True)
        await producer.start()
        stack.push_async_callback(producer.stop)
        service = await stack.enter_async_context(serving(stand, "indicators", PREFIX, database=database))
        await until_ready(service)
        load = Load(producer, options.offices)
        telling = asyncio.create_task(load.run())
        stack.callback(telling.cancel)
        with console.status("Killing the indicators process under load"):
            kills = [await _kill_once(service, connection, telling) for _ in range(options.kills)]
            load.stop()
            await telling
        with console.status("Waiting until all is published"):
            await until_scored([service], connection, len(load.told))
            stories = Stories(structures)
            stories.add(load.told)
            wrong = await until_right([service], connection, seen, lambda now: stories.differences(now.latest))
            rows = await connection.fetchval("SELECT count(*) FROM ledger")
            if rows != len(load.told):
                wrong.append(f"{rows} rows in the ledger, {len(load.told)} events told")
    await drop(broker, PREFIX)
    return _report(kills, wrong, len(load.told))


async def _kill_once(
    service: RunningService, connection: asyncpg.Connection, telling: "asyncio.Task[None]"
) -> dict[str, float]:
    before = await scored(connection)
    await asyncio.sleep(random.uniform(*_CALM_SECONDS))
    if telling.done() or await scored(connection) == before:
        raise BenchError("nothing was scored before the kill")
    killed = time.monotonic()
    await service.child.kill()
    restarted = time.monotonic()
    await service.child.start()
    standing = await scored(connection)
    while True:
        at, now = time.monotonic(), await scored(connection)
        if at - restarted < _LATECOMER_SECONDS:
            standing = now
        elif now > standing:
            own = gauge.read({"process": service.pid}).cpu_seconds["process"]
            return {
                "until_restarted": round(restarted - killed, 3),
                "until_scored": round(at - restarted, 3),
                "own_cpu": round(own, 3),
            }
        if at - restarted > _TIMEOUT_SECONDS or not service.pid:
            raise BenchError(f"nothing was scored within {_TIMEOUT_SECONDS:.0f} s after the restart")
        await asyncio.sleep(0.01)


def _report(kills: list[dict[str, float]], wrong: list[str], told: int) -> Report:
    rows = []
    named = (
        ("until_restarted", "until restarted"),
        ("until_scored", "until scored"),
        ("own_cpu", "own CPU until scored"),
    )
    for name, text in named:
        values = [each[name] for each in kills]
        rows.append(
            [text, correctness(wrong), *(f"{value:.2f}" for value in (min(values), median(values), max(values)))]
        )
    slowest = max(each["until_scored"] for each in kills)
    return Report(
        "kill",
        f"After kill -9 of the only indicators process, {len(kills)} times in {told:,} events",
        ("seconds", "counts", "least", "median", "most"),
        rows,
        _LEGEND.format(rate=RATE),
        [Goal("seconds until scored again, most", slowest, 2.0, at_most=True)],
        wrong,
        kills,
    )
