"""Stories told at the public door, figures followed on the live stream: the whole platform."""

import asyncio
import csv
import json
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path as File

from spplus_chassis.topics import create_topics
from spplus_contracts.topics import TOPICS
from tests.bench.http_client import Door
from tests.bench.load import a_tree
from tests.bench.path import Path
from tests.bench.service import START_SECONDS, environment, run_command, serving, until_ready
from tests.bench.stand import Stand
from tests.bench.steady import Watch

GOAL_MS = 600.0
_SERVICES = ("feedback", "indicators", "notifier")
_COLUMNS = (
    "Code SP+ de la structure",
    "Intitulé du réseau",
    "Intitulé de la typologie",
    "Intitulé de la structure",
    "Code SP+ structure parent",
    "Actif",
)


@asynccontextmanager
async def through_the_platform(stand: Stand, prefix: str, offices: int) -> AsyncIterator[Path]:
    """All three services, one reader of the stream."""
    await create_topics(stand.kafka.bootstrap_servers, TOPICS, prefix)
    async with AsyncExitStack() as stack:
        services = [await stack.enter_async_context(serving(stand, name, prefix)) for name in _SERVICES]
        feedback, _, notifier = services
        await import_tree(stand, feedback.database, prefix, offices)
        await asyncio.gather(*map(until_ready, services))
        watch, door, listening = Watch(), Door(feedback.url), asyncio.Event()
        stack.callback(door.close)
        reader = asyncio.create_task(_follow(Door(notifier.url), watch, listening))
        stack.callback(reader.cancel)
        await asyncio.wait_for(listening.wait(), START_SECONDS)
        poster = Poster(door, watch, offices)
        pids = {service.name: service.pid for service in services}
        yield Path("202", GOAL_MS, watch, poster, reader, pids, poster.refused, poster.answering)


class Poster:
    """Posts a story about some office."""

    def __init__(self, door: Door, watch: Watch, offices: int) -> None:
        self.refused: list[int] = []
        self.answering: list[float] = []
        self._door = door
        self._watch = watch
        self._codes = [f"office{n}" for n in range(offices)]
        self._chance = random.Random(offices)

    async def __call__(self, _number: int) -> None:
        """Post one."""
        code = self._chance.choice(self._codes)
        told = story_about(code)
        began = time.monotonic()
        try:
            status, _ = await self._door.post("/v1/feedback", told)
        except (OSError, asyncio.IncompleteReadError):
            status = 0
        now = time.monotonic()
        if status == 202:
            self._watch.tell(code, now)
            self.answering.append(now - began)
        else:
            self.refused.append(status)


async def import_tree(stand: Stand, database: str, prefix: str, offices: int) -> None:
    """Declare the offices to an intake service by its own command."""
    file = stand.directory / "structures.csv"
    _write_tree(file, offices)
    settings = environment("feedback", database, stand, prefix, 1)
    await run_command(stand, "feedback", settings, "import-structures", str(file))


def story_about(code: str) -> bytes:
    """The body of a story of usual length."""
    body = {"structure_codes": [code], "sentiment": "positive", "channels": ["desk"]}
    return json.dumps(body | {"story": "Accueil rapide. " * 10}).encode()


def _write_tree(file: File, offices: int) -> None:
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened, delimiter=";")
        writer.writerow(_COLUMNS)
        for each in a_tree(offices):
            parent = each.parents[0].parent_code if each.parents else ""
            writer.writerow([each.code, each.network, "Banc", each.name, parent, "Oui"])


async def _follow(door: Door, watch: Watch, listening: asyncio.Event) -> None:
    async for name, data in door.events("/v1/stream?indicator_code=experience_count"):
        listening.set()
        if name == "indicator":
            figure = json.loads(data)
            if figure["period"]["kind"] == "month":
                watch.count(figure["structure_code"], figure["n"], time.monotonic())
