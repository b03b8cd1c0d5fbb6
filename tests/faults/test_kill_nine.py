"""`kill -9` of each part under load: what was accepted is counted, once, and what is poison is buried, once."""

import asyncio
import random

import httpx
import pytest

from tests.support.clients import Agency, Citizen, Emitter
from tests.support.small_platform import AGENCY, AGENCY_STRUCTURES, HTTP_STRUCTURES, SmallPlatform
from tests.support.waiting import eventually

pytestmark = [pytest.mark.faults, pytest.mark.asyncio, pytest.mark.timeout(300)]

VICTIMS = ("feedback", "indicators", "notifier", "kafka", "postgres")
LEAST_STORIES = 600
CITIZENS = 12


@pytest.fixture
def seed() -> int:
    """Chosen anew each time, and printed where the test fails."""
    return random.SystemRandom().randrange(1_000_000)


async def reap(it: SmallPlatform, dice: random.Random) -> list[str]:
    """Kill the parts one after the other at random points, some before the last one is back; returns in which order."""
    order = dice.sample(VICTIMS, len(VICTIMS))
    for victim in order:
        await asyncio.sleep(dice.uniform(0.5, 2.5))
        await it.platform.kill(victim)
    return order


async def load(it: SmallPlatform, citizen: Citizen, dice: random.Random) -> list[str]:
    """Citizens and an agency speak until every part was killed and is back, and a little longer."""
    ended = asyncio.Event()

    async def tell(client: httpx.AsyncClient) -> None:
        while not ended.is_set() or citizen.told < LEAST_STORIES:
            await citizen.tell(client)
            await asyncio.sleep(0.05)

    async def emit() -> None:
        async with Emitter(it.platform.kafka_servers) as emitter:
            agency = Agency(AGENCY, emitter, it.witness, AGENCY_STRUCTURES, dice)
            while not ended.is_set():
                await agency.tell()
                await asyncio.sleep(0.05)

    async with httpx.AsyncClient(timeout=10, trust_env=False) as client, asyncio.TaskGroup() as group:
        for _ in range(CITIZENS):
            group.create_task(tell(client))
        group.create_task(emit())
        order = await reap(it, dice)
        await all_back(it)
        await asyncio.sleep(0.5)
        ended.set()
    return order


async def all_back(it: SmallPlatform) -> None:
    async def back() -> bool:
        return all(f"{victim} is back" in it.announced for victim in VICTIMS)

    await eventually(back, "every part to be back", seconds=60)


async def test_killed_parts_lose_nothing_and_count_nothing_twice(tmp_path, seed):
    dice = random.Random(seed)
    async with SmallPlatform(tmp_path) as it:
        citizen = Citizen(it.platform.address("feedback"), it.agent_key, it.witness, HTTP_STRUCTURES, dice)
        order = await load(it, citizen, dice)
        lines = await it.settled()
        told = "\n".join([f"seed {seed}, killed {order}, {citizen.told} stories", *lines[:40], *it.announced])
        assert lines == [], told
        assert await it.command("indicators", "audit") == "0 differences\n"
