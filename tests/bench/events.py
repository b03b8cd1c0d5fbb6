"""Events of another system over HTTP: in batches of 500 beside one a call, through a real service and PostgreSQL."""

import argparse
import asyncio
import json
import random
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg
from rich.console import Console

from spplus_chassis.topics import create_topics
from spplus_contracts import structured
from spplus_contracts.topics import TOPICS
from spplus_feedback.access import WHOLE_SOURCE, Scope, create_key
from spplus_feedback.gate_rules import Source
from spplus_feedback.sources import save_source
from tests.bench import gauge
from tests.bench.counts import percentiles
from tests.bench.http_client import Door
from tests.bench.latency_http import import_tree
from tests.bench.load import a_story
from tests.bench.results import Goal, Report, correctness
from tests.bench.service import prepare, serving, until_ready
from tests.bench.stand import BenchError, Stand

SOURCE: Final = "banc"
BATCH: Final = 500
_MARK: Final = b"00000000"
_WARM_UP_SECONDS: Final = 2.0
_DRAIN_SECONDS: Final = 60.0
_BATCH_CONNECTIONS: Final = 8
_GOAL: Final = 10_000.0
_KINDS: Final = {1: "application/cloudevents+json", BATCH: "application/cloudevents-batch+json"}
_LEGEND = """\
Each connection posts its next call as soon as the last is answered; all ids are new. Answered: milliseconds of a call.
On the bus: accepted events a second until the last of them is sent to Kafka. CPU: microseconds an event, of the
service, PostgreSQL and Kafka, until then; the client takes more of the same cores. Right: every event answered as
accepted is counted once, known by its id once, and nothing waits in the outbox.
"""


@dataclass(frozen=True, slots=True)
class Side:
    """What one size of calls reached."""

    name: str
    rate: float
    """Events accepted a second."""
    sent_rate: float
    """The same until the last is on the bus."""
    milliseconds: dict[str, float]
    """Until a call is answered."""
    cpu_seconds: dict[str, float]
    events: int
    others_cores: float
    wrong: list[str]


async def events(console: Console, stand: Stand, options: argparse.Namespace) -> Report:
    """Both sizes, one after the other, on databases of their own."""
    sides = []
    for size, connections in ((1, options.connections), (BATCH, _BATCH_CONNECTIONS)):
        with console.status(f"Posting events, {size} a call"):
            sides.append(await _side(stand, size, connections, options))
    return _report(sides)


async def _side(stand: Stand, size: int, connections: int, options: argparse.Namespace) -> Side:
    prefix = f"events{size}."
    await create_topics(stand.kafka.bootstrap_servers, TOPICS, prefix)
    database = await prepare(stand, "feedback", prefix)
    await import_tree(stand, database, prefix, options.offices)
    key = await _register(database)
    async with serving(stand, "feedback", prefix, database=database) as service:
        await until_ready(service)
        poster = _Poster(Door(service.url), key, size, options.offices)
        await _post_from(connections, poster, _WARM_UP_SECONDS)
        await _drained(database)
        before, poster.seconds = poster.accepted, []
        reading, machine = gauge.read({"feedback": service.pid} | stand.pids), gauge.Machine()
        began = time.monotonic()
        lasted = await _post_from(connections, poster, options.seconds)
        count, answering = poster.accepted - before, percentiles(poster.seconds)
        await _drained(database)
        sent, cpu, others = time.monotonic() - began, reading.since(), machine.others_cores()
        wrong = poster.wrong + await _wrong_counts(database, poster.accepted)
    return Side(f"{size} a call", count / lasted, count / sent, answering, cpu, count, others, wrong)


async def _register(database: str) -> str:
    connection = await asyncpg.connect(database)
    try:
        granted = Source(
            SOURCE, "Banc d'essai", feedback_kinds=frozenset({"experience"}), structure_codes=frozenset({"root"})
        )
        await save_source(connection, granted)
        return await create_key(
            connection, name="banc", scopes=[Scope.SUBMIT_FEEDBACK], structure_code=WHOLE_SOURCE, source=SOURCE
        )
    finally:
        await connection.close()


class _Poster:
    """Posts calls whose ids are new each time, and keeps how long each took."""

    def __init__(self, door: Door, key: str, size: int, offices: int) -> None:
        self.seconds: list[float] = []
        self.accepted = 0
        self.wrong: list[str] = []
        self._door, self._key, self._size = door, key, size
        self._template = _template(size, offices)
        self._calls = 0

    async def post(self) -> None:
        """Post one call."""
        self._calls += 1
        body = self._template.replace(_MARK, b"%08d" % self._calls)
        began = time.monotonic()
        status, answer = await self._door.post("/v1/events", body, kind=_KINDS[self._size], bearer=self._key)
        self.seconds.append(time.monotonic() - began)
        if status != 200 or answer["accepted"] != self._size:
            self.wrong.append(f"answered {status}: {json.dumps(answer)[:200]}")
        self.accepted += answer.get("accepted", 0)


def _template(size: int, offices: int) -> bytes:
    """A call in which a mark stands wherever an id must be new."""
    chance, now = random.Random(size), datetime.now(UTC)
    told = []
    for place in range(size):
        story = a_story(f"office{place * 7 % offices}", now - timedelta(hours=1 + place % 600), now, chance)
        event = json.loads(structured(story[0]._replace(source=SOURCE), story[1].to_json()))
        name = f"{_MARK.decode()}-{place}"
        event["id"] = event["data"]["request_id"] = event["data"]["feedback_id"] = name
        told.append(event)
    return json.dumps(told if size > 1 else told[0]).encode()


async def _post_from(connections: int, poster: _Poster, seconds: float) -> float:
    """Post from each connection without a pause; returns how long it lasted."""
    began = time.monotonic()

    async def connection() -> None:
        while time.monotonic() < began + seconds:
            await poster.post()

    await asyncio.gather(*(connection() for _ in range(connections)))
    return time.monotonic() - began


async def _drained(database: str) -> None:
    """Wait until everything is sent; raises `BenchError` when it is not."""
    deadline = time.monotonic() + _DRAIN_SECONDS
    connection = await asyncpg.connect(database)
    try:
        while await connection.fetchval("SELECT EXISTS (SELECT FROM outbox)"):
            if time.monotonic() > deadline:
                raise BenchError("the outbox does not drain")
            await asyncio.sleep(0.02)
    finally:
        await connection.close()


async def _wrong_counts(database: str, accepted: int) -> list[str]:
    connection = await asyncpg.connect(database)
    try:
        known = await connection.fetchval("SELECT count(*) FROM taken_events")
        counted = await connection.fetchval("SELECT sum(events)::bigint FROM source_counts WHERE verdict = 'accepted'")
    finally:
        await connection.close()
    right = known == counted == accepted
    return [] if right else [f"{accepted} accepted, {known} known by their id, {counted} counted"]


def _report(sides: list[Side]) -> Report:
    rows = [
        [
            side.name,
            correctness(side.wrong),
            f"{side.rate:,.0f}",
            f"{side.sent_rate:,.0f}",
            *(f"{side.milliseconds[name]:,.0f}" for name in ("p50", "p99")),
            "+".join(f"{1e6 * seconds / side.events:.0f}" for seconds in side.cpu_seconds.values()),
            f"{side.others_cores:.2f}",
        ]
        for side in sides
    ]
    return Report(
        name="events",
        title="Events of another system over HTTP",
        columns=("calls", "counts", "accepted/s", "on the bus/s", "answered p50", "p99", "CPU us", "others"),
        rows=rows,
        legend=_LEGEND,
        goals=[Goal(f"events a second in batches of {BATCH}", sides[-1].rate, _GOAL)],
        wrong=[f"{side.name}: {line}" for side in sides for line in side.wrong],
        data=[asdict(side) for side in sides],
    )
