"""The feed: every listener hears each change once, in order, from the ring or from the log."""

import asyncio

import pytest

from spplus_notifier import feed as feed_module
from spplus_notifier.feed import Feed
from spplus_notifier.queries import LogBounds, LoggedChange

pytestmark = pytest.mark.asyncio

QUIET = 30.0


class FakeLog:
    """A log of changes in memory."""

    def __init__(self, count=0):
        self.complete_from = 1
        self.stored = []
        self.append(count)

    def append(self, count):
        first = len(self.stored) + 1
        self.stored += [LoggedChange(seq, "s|i|year|2026-01-01", f"{seq}") for seq in range(first, first + count)]

    async def bounds(self):
        return LogBounds(len(self.stored), self.complete_from)

    async def changes(self, *, after, limit):
        return self.stored[after : after + limit]


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(feed_module, "RING_CHANGES", 8)
    monkeypatch.setattr(feed_module, "PAGE_CHANGES", 4)


async def hear(feed, after, count):
    """The numbers of the next changes, and whether a resync came."""
    seqs, resyncs = [], 0
    async for step in feed.listen(after):
        seqs += [change.seq for change in step.changes]
        resyncs += step.resync
        if len(seqs) >= count:
            return seqs, resyncs
    return seqs, resyncs


async def running(feed):
    task = asyncio.create_task(feed.run())
    await asyncio.sleep(0)
    return task


async def test_listener_far_behind_reads_the_log_then_the_ring_without_a_gap():
    log = FakeLog(30)
    feed = Feed(log, poll_seconds=0.001, heartbeat_seconds=QUIET)
    task = await running(feed)
    listening = asyncio.create_task(hear(feed, 3, 40))
    log.append(13)
    assert await listening == (list(range(4, 44)), 0)
    task.cancel()


async def test_all_listeners_hear_each_change_once():
    log = FakeLog(2)
    feed = Feed(log, poll_seconds=0.001, heartbeat_seconds=QUIET)
    task = await running(feed)
    listening = [asyncio.create_task(hear(feed, after, 20)) for after in (None, 2, 2)]
    await asyncio.sleep(0.01)
    for _ in range(10):
        log.append(2)
        feed.wake()
        await asyncio.sleep(0)
    assert {tuple(seqs) for seqs, _ in await asyncio.gather(*listening)} == {tuple(range(3, 23))}
    task.cancel()


@pytest.mark.parametrize("after", [3, 99])
async def test_number_that_the_log_cannot_serve_gives_a_resync_at_the_end(after):
    log = FakeLog(10)
    log.complete_from = 6
    feed = Feed(log, poll_seconds=0.001, heartbeat_seconds=QUIET)
    task = await running(feed)
    listening = asyncio.create_task(hear(feed, after, 1))
    await asyncio.sleep(0.01)
    log.append(1)
    assert await listening == ([11], 1)
    task.cancel()


async def test_number_just_before_what_is_kept_is_still_served():
    log = FakeLog(10)
    log.complete_from = 6
    feed = Feed(log, poll_seconds=0.001, heartbeat_seconds=QUIET)
    task = await running(feed)
    assert await hear(feed, 5, 5) == ([6, 7, 8, 9, 10], 0)
    task.cancel()


async def test_slow_listener_that_falls_out_of_the_log_is_told():
    log = FakeLog(0)
    feed = Feed(log, poll_seconds=0.001, heartbeat_seconds=QUIET)
    task = await running(feed)
    steps = feed.listen(0)
    assert (await anext(steps)).seq == 0
    log.append(40)
    log.complete_from = 30
    await asyncio.sleep(0.05)
    step = await anext(steps)
    assert (step.seq, step.resync) == (40, True)
    await steps.aclose()
    task.cancel()


async def test_quiet_stream_gives_a_heartbeat():
    feed = Feed(FakeLog(5), poll_seconds=0.001, heartbeat_seconds=0.001)
    task, beating = await running(feed), asyncio.create_task(feed.beat())
    steps = feed.listen(None)
    assert [(await anext(steps)).seq for _ in range(3)] == [5, 5, 5]
    await steps.aclose()
    task.cancel()
    beating.cancel()


async def test_close_ends_every_stream():
    feed = Feed(FakeLog(5), poll_seconds=0.001, heartbeat_seconds=QUIET)
    task = await running(feed)
    listening = asyncio.create_task(hear(feed, None, 1))
    await asyncio.sleep(0.01)
    feed.close()
    assert await listening == ([], 0)
    task.cancel()


async def test_feed_that_starts_holds_the_last_changes_for_readers_of_a_replica_that_ended():
    log = FakeLog(30)
    feed = Feed(log, poll_seconds=0.001, heartbeat_seconds=QUIET)
    task = await running(feed)
    await asyncio.sleep(0.05)
    log.bounds = log.changes = None  # from here on there is nothing to read from
    assert await hear(feed, 22, 8) == (list(range(23, 31)), 0)
    task.cancel()


async def test_listeners_start_again_where_the_database_was_restored():
    log = FakeLog(20)
    feed = Feed(log, poll_seconds=0.001, heartbeat_seconds=QUIET)
    task = await running(feed)
    listening = asyncio.create_task(hear(feed, None, 3))
    await asyncio.sleep(0.05)
    del log.stored[12:]
    await asyncio.sleep(0.05)
    log.append(3)
    assert await listening == ([13, 14, 15], 1)
    task.cancel()


async def test_one_piece_for_a_listener_is_bounded(monkeypatch):
    monkeypatch.setattr(feed_module, "PIECE_BYTES", 100)
    log = FakeLog(30)
    feed = Feed(log, poll_seconds=0.001, heartbeat_seconds=QUIET)
    task = await running(feed)
    pieces = []
    async for step in feed.listen(3):
        pieces.append(step.changes)
        if step.seq == 30:
            break
    assert [change.seq for piece in pieces for change in piece] == list(range(4, 31))
    assert max(sum(len(change.text) for change in piece[:-1]) for piece in pieces) < 100
    task.cancel()


async def test_change_is_written_out_once_for_all_listeners(monkeypatch):
    written = []
    monkeypatch.setattr(feed_module.sse, "change", lambda change: written.append(change.seq) or b"x")
    log = FakeLog(0)
    feed = Feed(log, poll_seconds=0.001, heartbeat_seconds=QUIET)
    task = await running(feed)
    listening = [asyncio.create_task(hear(feed, None, 3)) for _ in range(5)]
    await asyncio.sleep(0.01)
    log.append(3)
    await asyncio.gather(*listening)
    assert written == [1, 2, 3]
    task.cancel()
