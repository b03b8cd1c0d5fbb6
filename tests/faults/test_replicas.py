"""Several scoring processes, zombies and restored databases: the figures stay right, and revisions never go back."""

import asyncio
import random
import signal
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.crowd import crowd
from tests.support.dumps import dump, empty, put_back
from tests.support.replicas import (
    ROLES,
    SESSION_SECONDS,
    contradictions,
    holder,
    paused_while_writing,
    reads_along,
    replica,
    table_locked,
    taken_over,
    told,
)
from tests.support.small_platform import SmallPlatform
from tests.support.waiting import eventually

pytestmark = [pytest.mark.faults, pytest.mark.asyncio, pytest.mark.timeout(300)]


@pytest_asyncio.fixture(scope="module")
async def it():
    """One platform for all of these tests, whose sessions end as soon as Kafka allows."""
    with tempfile.TemporaryDirectory(prefix="spplus-replicas-", ignore_cleanup_errors=True) as directory:
        async with SmallPlatform(Path(directory), SESSION_SECONDS) as platform:
            yield platform


@pytest.fixture
def dice():
    return random.Random()


async def assert_right(it: SmallPlatform) -> None:
    """The figures are those of the independent fold, and the topic read from zero ends where the database stands."""
    lines = await it.settled()
    assert lines == [], "\n".join([*lines[:40], *it.announced])
    lines = await contradictions(it)
    assert lines == [], "\n".join([*lines[:40], *it.announced])
    assert await it.command("indicators", "audit") == "0 differences\n"


async def test_from_one_replica_to_three_and_back_under_load(it, dice):
    async with crowd(it, dice), AsyncExitStack() as stack:
        others = {name: await stack.enter_async_context(replica(it, name)) for name in ("2", "3")}
        for name, process in others.items():
            await eventually(lambda process=process: reads_along(process), f"replica {name} to read", seconds=60)
        await it.platform.hold("indicators")
        second = await taken_over(it, "indicators-publisher", {"2", "3"})
        await others[second].child.kill()
        (third,) = others.keys() - {second}
        for role in ROLES:
            await taken_over(it, role, {third})
        await it.platform.release("indicators")
        await others[third].stop()
        for role in ROLES:
            await taken_over(it, role, {"1"})
    await assert_right(it)


async def test_replica_that_sleeps_through_its_session_does_no_harm_when_it_wakes(it, dice):
    async with replica(it, "2"):
        async with crowd(it, dice):
            for role in ROLES:
                await taken_over(it, role, {"1"})
            it.platform.send("indicators", signal.SIGSTOP)
            asleep_since = len(it.witness.requests())

            async def replaced() -> bool:
                counted = await it.query("indicators", "SELECT count(*) FROM ledger")
                leading = {await holder(it, role) for role in ROLES}
                return leading == {"2"} and counted[0][0] >= asleep_since

            try:
                await eventually(replaced, "the second replica to take over and catch up", seconds=60)
            finally:
                it.platform.send("indicators", signal.SIGCONT)
        await assert_right(it)


@pytest.mark.parametrize(
    "table",
    [
        pytest.param("outbox", id="publisher in its transaction"),
        pytest.param("sent_positions", id="relay between sending and deleting"),
    ],
)
async def test_replica_paused_in_the_middle_is_replaced_and_does_no_harm_when_it_wakes(it, dice, table):
    async with replica(it, "2"):
        async with crowd(it, dice):
            for role in ROLES:
                await taken_over(it, role, {"1"})
            async with paused_while_writing(it, table):
                for role in ROLES:
                    await taken_over(it, role, {"2"})
                before = len(await told(it))

                async def goes_on() -> bool:
                    return len(await told(it)) > before

                await eventually(goes_on, "the second replica to tell figures", seconds=60)
        await assert_right(it)


async def test_database_restored_from_a_dump_of_the_load_rereads_what_it_lost(it, dice):
    file = it.folder / "dump.sql"
    async with crowd(it, dice):
        async with table_locked(it, "sent_positions"):

            async def waiting() -> bool:
                rows = await it.query("indicators", "SELECT count(DISTINCT xmin::text) FROM outbox")
                return rows[0][0] >= 3

            await eventually(waiting, "figures in the outbox, sent ones and others")
            await dump(it, file)
        before = len(await told(it))

        async def told_more() -> bool:
            return len(await told(it)) > before + 50

        await eventually(told_more, "figures that the dump does not know", seconds=60)
        await it.platform.hold("indicators")
        await put_back(it, file)
        assert (await it.query("indicators", "SELECT count(*) FROM outbox"))[0][0] > 0
        await it.platform.release("indicators")
        await asyncio.sleep(0.5)
    await assert_right(it)


async def test_empty_database_tells_nothing_new_and_nothing_partial(it):
    before = len(await told(it))
    await it.platform.hold("indicators")
    await empty(it)
    await it.command("indicators", "migrate")
    await it.platform.release("indicators")
    await assert_right(it)
    assert len(await told(it)) == before
