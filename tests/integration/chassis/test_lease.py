"""A lease has one owner, and every take-over has a higher token."""

import asyncio

import pytest
import pytest_asyncio

from spplus_chassis.database import UNREACHABLE, open_pool
from spplus_chassis.lease import Lease, LeaseLost
from spplus_chassis.migrations import migrate

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


@pytest_asyncio.fixture
async def pool(make_database):
    dsn = make_database()
    await migrate(dsn, "spplus_chassis")
    pool = await open_pool(dsn, 5)
    yield pool
    await pool.close()


async def test_lease_held_by_one_refuses_another(pool):
    first, second = Lease(pool, "relay", "1"), Lease(pool, "relay", "2")
    assert await first.hold()
    assert not await second.hold()
    assert await first.hold()


async def test_lease_expired_goes_to_another_with_higher_token(pool):
    first, second = Lease(pool, "relay", "1", seconds=0.2), Lease(pool, "relay", "2", seconds=5)
    assert await first.hold()
    await asyncio.sleep(0.3)
    assert await second.hold()
    assert second.token == first.token + 1
    assert not await first.hold()


async def test_lease_released_is_free_at_once(pool):
    first, second = Lease(pool, "relay", "1"), Lease(pool, "relay", "2")
    assert await first.hold()
    await first.release()
    assert await second.hold()


async def test_lease_released_and_taken_again_is_not_the_one_that_a_sleeper_held(pool):
    sleeper = Lease(pool, "relay", "1", seconds=0.1)
    assert await sleeper.hold()
    await asyncio.sleep(0.2)
    second, third = Lease(pool, "relay", "2"), Lease(pool, "relay", "3")
    assert await second.hold()
    token = second.token
    await second.release()
    assert await third.hold()
    assert not await sleeper.hold()
    assert third.token > token


async def test_lease_of_a_process_that_stopped_inside_a_transaction_is_taken_over(pool):
    paused, other = Lease(pool, "publisher", "1", seconds=0.1), Lease(pool, "publisher", "2")
    assert await paused.hold()
    async with pool.acquire() as connection:
        await connection.execute("SET idle_in_transaction_session_timeout = '500ms'")
        transaction = connection.transaction()
        await transaction.start()
        await paused.assert_held(connection)
        assert await other.hold()
        with pytest.raises(UNREACHABLE):
            await connection.execute("SELECT 1")


async def test_lease_replica_back_under_its_name_succeeds_itself_once(pool):
    dead, back = Lease(pool, "relay", "1"), Lease(pool, "relay", "1")
    assert await dead.hold()
    assert await back.hold()
    dead._renew_at = 0.0
    assert not await dead.hold(), "a paused twin that wakes must not take the role back"
    assert await back.hold()


async def test_lease_lost_is_noticed_inside_a_transaction(pool):
    first, second = Lease(pool, "publisher", "1", seconds=0.1), Lease(pool, "publisher", "2")
    assert await first.hold()
    await asyncio.sleep(0.2)
    assert await second.hold()
    async with pool.acquire() as connection, connection.transaction():
        with pytest.raises(LeaseLost):
            await first.assert_held(connection)
        await second.assert_held(connection)
