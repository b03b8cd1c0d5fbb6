"""Group commit against a flush that the test holds in its hands."""

import asyncio

import pytest

from spplus_feedback.group_commit import GroupCommit, Overloaded

pytestmark = pytest.mark.asyncio


class HeldFlush:
    """Records the groups it gets; refuses those with a bad item; may be held."""

    def __init__(self):
        self.groups: list[list[int]] = []
        self.free = asyncio.Event()
        self.free.set()

    async def __call__(self, items):
        self.groups.append(list(items))
        await self.free.wait()
        if any(item < 0 for item in items):
            raise ValueError("bad item")
        if any(item > 1000 for item in items):
            raise ConnectionError
        return [item * 10 for item in items]


@pytest.fixture
def flush():
    return HeldFlush()


async def settle():
    """Let every task that can go on do so."""
    for _ in range(10):
        await asyncio.sleep(0)


async def running(group_commit):
    task = asyncio.create_task(group_commit.run())
    await settle()
    return task


async def stop(task):
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_lone_item_is_flushed_at_once(flush):
    group_commit = GroupCommit(flush, capacity=10, group=10)
    task = await running(group_commit)
    assert await group_commit.submit(4) == 40
    await stop(task)


async def test_items_gather_while_one_flush_runs(flush):
    group_commit = GroupCommit(flush, capacity=100, group=100)
    task = await running(group_commit)
    flush.free.clear()
    waiting = [asyncio.create_task(group_commit.submit(item)) for item in (1, 2, 3, 4)]
    await settle()
    first = len(flush.groups[0])
    waiting += [asyncio.create_task(group_commit.submit(item)) for item in (5, 6, 7)]
    await settle()
    assert len(flush.groups) == 1
    flush.free.set()
    assert await asyncio.gather(*waiting) == [10, 20, 30, 40, 50, 60, 70]
    assert len(flush.groups[1]) == 7 - first
    await stop(task)


async def test_group_is_no_longer_than_its_limit(flush):
    group_commit = GroupCommit(flush, capacity=100, group=2)
    task = await running(group_commit)
    await asyncio.gather(*(group_commit.submit(item) for item in range(7)))
    assert max(len(group) for group in flush.groups) == 2
    assert sorted(item for group in flush.groups for item in group) == list(range(7))
    await stop(task)


async def test_bad_item_fails_alone(flush):
    group_commit = GroupCommit(flush, capacity=100, group=100)
    task = await running(group_commit)
    results = await asyncio.gather(*(group_commit.submit(item) for item in (1, -1, 3)), return_exceptions=True)
    assert results[0::2] == [10, 30]
    assert isinstance(results[1], ValueError)
    assert await group_commit.submit(5) == 50
    await stop(task)


async def test_hopeless_failure_is_not_tried_one_by_one(flush):
    group_commit = GroupCommit(flush, capacity=100, group=100, hopeless=(ConnectionError,))
    task = await running(group_commit)
    results = await asyncio.gather(*(group_commit.submit(item) for item in (1, 2000, 3)), return_exceptions=True)
    assert all(isinstance(result, ConnectionError) for result in results)
    assert len(flush.groups) == 1
    await stop(task)


async def test_full_queue_refuses_at_once(flush):
    group_commit = GroupCommit(flush, capacity=2, group=1)
    waiting = [asyncio.create_task(group_commit.submit(item)) for item in (1, 2)]
    await settle()
    with pytest.raises(Overloaded):
        await group_commit.submit(3)
    task = await running(group_commit)
    assert await asyncio.gather(*waiting) == [10, 20]
    await stop(task)


async def test_client_that_went_away_does_not_disturb_its_group(flush):
    group_commit = GroupCommit(flush, capacity=10, group=10)
    waiting = [asyncio.create_task(group_commit.submit(item)) for item in (1, 2)]
    await settle()
    waiting[0].cancel()
    task = await running(group_commit)
    assert await waiting[1] == 20
    await stop(task)


async def test_stopped_door_fails_what_waits(flush):
    group_commit = GroupCommit(flush, capacity=10, group=1)
    task = await running(group_commit)
    flush.free.clear()
    waiting = [asyncio.create_task(group_commit.submit(item)) for item in (1, 2)]
    await settle()
    await stop(task)
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(result, Overloaded) for result in results)


async def test_groups_and_capacity_count_by_weight(flush):
    door = GroupCommit(flush, capacity=12, group=5, weigh=lambda item: item)
    waiting = [asyncio.create_task(door.submit(item)) for item in (9, 2, 1)]
    await settle()
    with pytest.raises(Overloaded):
        await door.submit(1)
    task = await running(door)
    assert await asyncio.gather(*waiting) == [90, 20, 10]
    assert await door.submit(40) == 400
    task.cancel()
    assert flush.groups == [[9], [2, 1], [40]]
