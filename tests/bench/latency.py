"""A steady rate of stories through the whole platform: from `202 Accepted` to the figure on the live stream."""

import asyncio
import csv
import json
import random
import time
from collections import defaultdict
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

from spplus_chassis.topics import create_topics
from spplus_contracts.topics import TOPICS
from tests.bench import gauge
from tests.bench.http_client import Door
from tests.bench.load import a_tree
from tests.bench.results import Latency
from tests.bench.service import START_SECONDS, RunningService, environment, run_command, serving
from tests.bench.stand import BenchError, Stand

_PATIENCE_SECONDS = 20.0
_WARM_UP_SECONDS = 3.0
_COLUMNS = (
    "Code SP+ de la structure",
    "Intitulé du réseau",
    "Intitulé de la typologie",
    "Intitulé de la structure",
    "Code SP+ structure parent",
    "Actif",
)


@dataclass
class Watch:
    """Stories accepted per structure, and how many of them its figure has counted."""

    accepted: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    counted: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    seconds: list[float] = field(default_factory=list)
    """From acceptance to the figure, of the stories that are measured."""
    answer_seconds: list[float] = field(default_factory=list)
    refused: int = 0
    measuring: bool = False
    _unmeasured: set[tuple[str, int]] = field(default_factory=set)

    def accept(self, code: str, at: float) -> None:
        """A story was accepted just now."""
        self.accepted[code].append(at)
        if not self.measuring:
            self._unmeasured.add((code, len(self.accepted[code])))
        elif self.counted[code] >= len(self.accepted[code]):
            self.seconds.append(0.0)

    def count(self, code: str, n: int, at: float) -> None:
        """The figure of a structure counts n stories now. A story is out once all accepted before it are."""
        accepted = self.accepted.get(code, [])
        for rank in range(self.counted[code] + 1, min(n, len(accepted)) + 1):
            if (code, rank) not in self._unmeasured:
                self.seconds.append(max(0.0, at - accepted[rank - 1]))
        self.counted[code] = max(n, self.counted[code])

    def missing(self) -> list[str]:
        """Structures whose figure is not the number of stories accepted; the root's is the sum of all."""
        accepted = {code: len(times) for code, times in self.accepted.items()}
        accepted["root"] = sum(accepted.values())
        return [
            f"{code}: {self.counted[code]} on the stream, {count} accepted"
            for code, count in accepted.items()
            if self.counted[code] != count
        ]


async def run_latency(stand: Stand, *, offices: int, rate: int, seconds: int) -> Latency:
    """The whole platform under a steady rate, with one reader of the stream."""
    prefix = "latency."
    await create_topics(stand.kafka.bootstrap_servers, TOPICS, prefix)
    async with AsyncExitStack() as stack:
        services = [await stack.enter_async_context(serving(stand, name, prefix)) for name in _SERVICES]
        feedback, _, notifier = services
        await _import_tree(stand, feedback, prefix, offices)
        await asyncio.gather(*map(_until_ready, services))
        watch, door = Watch(), Door(feedback.url)
        stack.callback(door.close)
        listening = asyncio.Event()
        reader = asyncio.create_task(_follow(Door(notifier.url), watch, listening))
        stack.callback(reader.cancel)
        await asyncio.wait_for(listening.wait(), START_SECONDS)
        codes = [f"office{n}" for n in range(offices)]
        await _post_steadily(door, watch, codes, rate, _WARM_UP_SECONDS)
        await _until_counted(watch, reader)
        watch.measuring = True
        reading = gauge.read({service.name: service.pid for service in services} | stand.pids)
        machine = gauge.Machine()
        began = time.monotonic()
        await _post_steadily(door, watch, codes, rate, seconds)
        lasted, cpu, others = time.monotonic() - began, reading.since(), machine.others_cores()
        await _until_counted(watch, reader)
    return _result(watch, lasted, cpu, others)


_SERVICES = ("feedback", "indicators", "notifier")


def _result(watch: Watch, lasted: float, cpu: dict[str, float], others_cores: float) -> Latency:
    wrong = watch.missing()
    if watch.refused:
        wrong.append(f"{watch.refused} stories were not accepted")
    milliseconds = _percentiles(watch.seconds)
    answered = _percentiles(watch.answer_seconds)
    return Latency(
        "From 202 Accepted to the figure on /v1/stream",
        len(watch.seconds),
        len(watch.seconds) / lasted,
        milliseconds,
        cpu,
        others_cores,
        wrong,
        {f"accepting_{name}_ms": value for name, value in answered.items()},
    )


def _percentiles(seconds: list[float]) -> dict[str, float]:
    cuts = quantiles(seconds, n=100, method="inclusive")
    marks = {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "max": max(seconds)}
    return {name: round(1000 * value, 1) for name, value in marks.items()}


async def _import_tree(stand: Stand, feedback: RunningService, prefix: str, offices: int) -> None:
    file = stand.directory / "structures.csv"
    _write_tree(file, offices)
    settings = environment("feedback", feedback.database, stand, prefix, 1)
    await run_command(stand, "feedback", settings, "import-structures", str(file))


def _write_tree(file: Path, offices: int) -> None:
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened, delimiter=";")
        writer.writerow(_COLUMNS)
        for each in a_tree(offices):
            parent = each.parents[0].parent_code if each.parents else ""
            writer.writerow([each.code, each.network, "Banc", each.name, parent, "Oui"])


async def _until_ready(service: RunningService) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not await service.ready():
        if time.monotonic() > deadline or not service.pid:
            raise BenchError(f"{service.name} is not ready: {service.child.log.read_text()[-3000:]}")
        await asyncio.sleep(0.1)


async def _follow(door: Door, watch: Watch, listening: asyncio.Event) -> None:
    async for name, data in door.events("/v1/stream?indicator_code=experience_count"):
        listening.set()
        if name == "indicator":
            figure = json.loads(data)
            if figure["period"]["kind"] == "month":
                watch.count(figure["structure_code"], figure["n"], time.monotonic())


async def _post_steadily(door: Door, watch: Watch, codes: list[str], rate: int, seconds: float) -> None:
    """Each request starts at its own time, whether the ones before were answered or not."""
    chance = random.Random(rate)
    began, tasks = time.monotonic(), []
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        tasks.append(asyncio.create_task(_post(door, watch, chance.choice(codes))))
    await asyncio.gather(*tasks)


async def _post(door: Door, watch: Watch, code: str) -> None:
    body = {"structure_codes": [code], "sentiment": "positive", "channels": ["desk"], "story": "Accueil rapide. " * 10}
    began = time.monotonic()
    try:
        status, _ = await door.post("/v1/feedback", json.dumps(body).encode())
    except (OSError, asyncio.IncompleteReadError):
        status = 0
    now = time.monotonic()
    if status != 202:
        watch.refused += 1
        return
    watch.accept(code, now)
    if watch.measuring:
        watch.answer_seconds.append(now - began)


async def _until_counted(watch: Watch, reader: "asyncio.Task[None]") -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while watch.missing() and time.monotonic() < deadline:
        if reader.done():
            raise BenchError(f"the stream ended: {reader.exception()}")
        await asyncio.sleep(0.1)
