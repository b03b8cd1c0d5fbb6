"""Word of commits through the database: heard while the connection stands, and its loss is noticed."""

import asyncio
import contextlib

import asyncpg
import pytest
import pytest_asyncio

from spplus_chassis import listening
from spplus_chassis.listening import listen
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


@pytest.fixture
def heard():
    return []


@pytest_asyncio.fixture
async def speaker(database_url):
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def _times(heard, count):
    return len(heard) >= count


async def test_listener_hears_commits_and_not_what_was_rolled_back(database_url, speaker, heard):
    task = asyncio.create_task(listen(database_url, "spplus_news", lambda: heard.append(1)))
    await eventually(lambda: _times(heard, 1), "the listener to look for what it missed")
    with contextlib.suppress(asyncpg.DivisionByZeroError):
        async with speaker.transaction():
            await speaker.execute("NOTIFY spplus_news")
            await speaker.execute("SELECT 1 / 0")
    await speaker.execute("NOTIFY spplus_news")
    await eventually(lambda: _times(heard, 2), "the notification")
    assert len(heard) == 2
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await eventually(lambda: _alone(speaker), "the connection to be given back")


async def test_listener_whose_connection_is_cut_says_so(database_url, speaker, heard):
    task = asyncio.create_task(listen(database_url, "spplus_news", lambda: heard.append(1)))
    await eventually(lambda: _times(heard, 1), "the listener to stand")
    await speaker.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(task, 20)


async def test_listener_probes_a_connection_that_is_silent(database_url, speaker, heard, monkeypatch):
    monkeypatch.setattr(listening, "_PROBE_SECONDS", 0.01)
    task = asyncio.create_task(listen(database_url, "spplus_news", lambda: heard.append(1)))
    await eventually(lambda: _probed(speaker), "a probe")
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _probed(speaker):
    return await speaker.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query = 'SELECT 1'"
    )


async def _alone(speaker):
    others = await speaker.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND backend_type = 'client backend'"
    )
    return others == 0
