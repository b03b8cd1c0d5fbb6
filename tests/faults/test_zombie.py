"""A scoring process that is paused for so long that another takes its place, and then goes on where it was."""

import asyncio
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from spplus_embedded.service_process import ServiceProcess
from tests.support.crowd import crowd
from tests.support.small_platform import ENVIRONMENT, SmallPlatform
from tests.support.waiting import eventually

pytestmark = [pytest.mark.faults, pytest.mark.asyncio, pytest.mark.timeout(300)]

SESSION_SECONDS = {"SPPLUS_INDICATORS_CONSUMER_SESSION_TIMEOUT_SECONDS": "6"}
"""The least that Kafka allows."""


@asynccontextmanager
async def second_replica(it: SmallPlatform) -> AsyncIterator[None]:
    replica = ServiceProcess("indicators", it.folder / "second")
    mine = {"SPPLUS_INDICATORS_INSTANCE": "2"}
    replica.environment = ENVIRONMENT | SESSION_SECONDS | it.platform.environment() | mine
    await replica.start()
    try:
        yield
    finally:
        await replica.stop()


async def holders(it: SmallPlatform) -> set[str]:
    """Instances that hold a role of scoring."""
    rows = await it.query("indicators", "SELECT split_part(holder, '/', 1) FROM leases WHERE expires_at > now()")
    return {row[0] for row in rows}


async def counted(it: SmallPlatform) -> int:
    return (await it.query("indicators", "SELECT count(*) FROM ledger"))[0][0]


async def test_paused_scoring_is_replaced_and_does_no_harm_when_it_wakes(folder):
    seed = random.SystemRandom().randrange(1_000_000)
    async with SmallPlatform(folder, SESSION_SECONDS) as it, second_replica(it):
        async with crowd(it, random.Random(seed)) as citizen:
            await asyncio.sleep(2)
            it.platform.send("indicators", signal.SIGSTOP)
            paused_at = len(it.witness.requests())

            async def replaced() -> bool:
                return await holders(it) == {"2"} and await counted(it) >= paused_at

            await eventually(replaced, "the second replica to take over and catch up", seconds=60)
            it.platform.send("indicators", signal.SIGCONT)
            await asyncio.sleep(2)
        lines = await it.settled()
        assert lines == [], "\n".join([f"seed {seed}, {citizen.told} stories", *lines[:40], *it.announced])
        assert await it.command("indicators", "audit") == "0 differences\n"
