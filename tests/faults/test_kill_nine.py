"""`kill -9` of each part under load: what was accepted is counted, once, and what is poison is buried, once."""

import asyncio
import random

import pytest

from tests.support.crowd import crowd
from tests.support.small_platform import SmallPlatform
from tests.support.waiting import eventually

pytestmark = [pytest.mark.faults, pytest.mark.asyncio, pytest.mark.timeout(300)]

VICTIMS = ("feedback", "indicators", "notifier", "kafka", "postgres")


async def reap(it: SmallPlatform, dice: random.Random) -> list[str]:
    """Kill the parts one after the other at random points, some before the last one is back; returns in which order."""
    order = dice.sample(VICTIMS, len(VICTIMS))
    for victim in order:
        await asyncio.sleep(dice.uniform(0.5, 2.5))
        await it.platform.kill(victim)
    return order


async def all_back(it: SmallPlatform) -> None:
    async def back() -> bool:
        return all(f"{victim} is back" in it.announced for victim in VICTIMS)

    await eventually(back, "every part to be back", seconds=60)


async def test_killed_parts_lose_nothing_and_count_nothing_twice(folder):
    seed = random.SystemRandom().randrange(1_000_000)
    dice = random.Random(seed)
    async with SmallPlatform(folder) as it:
        async with crowd(it, dice, least_stories=600) as citizen:
            order = await reap(it, dice)
            await all_back(it)
            await asyncio.sleep(0.5)
        lines = await it.settled()
        told = "\n".join([f"seed {seed}, killed {order}, {citizen.told} stories", *lines[:40], *it.announced])
        assert lines == [], told
        assert await it.command("indicators", "audit") == "0 differences\n"
