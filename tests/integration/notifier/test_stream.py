"""The live stream: each change once, in the order of commit, wherever the reader comes back."""

import asyncio
import contextlib
import json
import re
import socket
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from spplus_chassis.database import open_pool
from spplus_chassis.patience import PatientProtocol
from spplus_notifier import app, handlers, queries, repository
from spplus_notifier.feed import Feed
from tests.support.builders import a_figure, a_moved_structure, a_rolling_figure, a_structure
from tests.support.publication import read_stream
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


def revisions(events):
    return [json.loads(event["data"])["revision"] for event in events]


async def settled(published, count):
    await eventually(lambda: _has_changes(published, count), f"{count} changes")


async def _has_changes(published, count):
    return (await published.fetch("SELECT last_seq FROM change_log"))[0]["last_seq"] >= count


async def test_reader_that_comes_back_on_another_replica_misses_nothing_and_repeats_nothing(published):
    async with published.replica("1") as one, published.replica("2") as two:
        await published.publish(*(a_figure(revision=revision) for revision in range(1, 6)))
        first = await read_stream(one, 2, last_event_id="0")
        await published.publish(*(a_figure(revision=revision) for revision in range(6, 11)))
        second = await read_stream(two, 4, last_event_id=first[-1]["id"])
        third = await read_stream(one, 4, last_event_id=second[-1]["id"])
        assert revisions(first + second + third) == list(range(1, 11))
        assert {event["event"] for event in first + second + third} == {"indicator"}


async def test_stream_tells_what_happens_after_the_reader_came(published):
    async with published.replica() as client:
        await published.publish(a_figure(revision=1))
        await settled(published, 1)
        listening = asyncio.create_task(read_stream(client, 3))
        await eventually(lambda: _clients(client, 1), "the reader to be listening")
        await published.publish(a_figure(revision=2), a_figure(structure_code="b"), a_figure().key)
        events = await listening
        assert [event["event"] for event in events].count("removed") == 1
        removed = next(event for event in events if event["event"] == "removed")
        assert json.loads(removed["data"]) == {
            "structure_code": "12345",
            "indicator_code": "experience_satisfaction",
            "period_kind": "month",
            "period_start": "2026-03-01",
        }
        await eventually(lambda: _clients(client, 0), "the place of the reader to be free again")


async def _clients(client, count):
    metrics = (await client.get("/metrics")).text
    return f"spplus_stream_clients_count {float(count)}" in metrics


async def test_filter_leaves_out_other_structures_and_indicators(published):
    async with published.replica() as client:
        await published.publish(
            a_figure(structure_code="a"),
            a_figure(structure_code="b"),
            a_figure(structure_code="b", indicator_code="answer_rate"),
        )
        await settled(published, 3)
        events = await read_stream(
            client, 1, last_event_id="0", query=[("structure_code", "b"), ("indicator_code", "answer_rate")]
        )
        told = json.loads(events[0]["data"])
        assert (told["structure_code"], told["indicator_code"]) == ("b", "answer_rate")


async def test_filters_by_engagement_and_kind_of_period_tell_removals_too(published):
    promised = {"engagements": ["sp-plus-2021/7"]}
    async with published.replica() as client:
        await published.publish(
            a_figure(**promised),
            a_figure(structure_code="other"),
            a_rolling_figure(**promised),
            a_figure(**promised).key,
        )
        await settled(published, 4)
        query = [("engagement", "sp-plus-2021/7"), ("period_kind", "month")]
        events = await read_stream(client, 2, last_event_id="0", query=query)
        assert [event["event"] for event in events] == ["indicator", "removed"]
        indicators = [("indicator_code", "answer_rate"), ("indicator_code", "experience_satisfaction")]
        assert len(await read_stream(client, 4, last_event_id="0", query=indicators)) == 4


async def test_reader_of_a_part_of_the_tree_follows_what_moves_into_it(published):
    async with published.replica() as client:
        await published.publish(
            a_structure(code="top"), a_structure(code="in", parent="top"), a_structure(code="12345")
        )
        await published.publish(a_figure(structure_code="in"), a_figure(structure_code="12345"))
        await published.settled()
        listening = asyncio.create_task(read_stream(client, 3, last_event_id="0", query=[("subtree", "top")]))
        await eventually(lambda: _clients(client, 1), "the reader to be listening")
        await published.publish(a_moved_structure(("top", date(2015, 1, 1))))
        await published.settled()
        await published.publish(a_figure(structure_code="12345", revision=2), a_figure(structure_code="in", revision=2))
        told = [json.loads(event["data"]) for event in await listening]
        assert sorted((one["structure_code"], one["revision"]) for one in told) == [("12345", 2), ("in", 1), ("in", 2)]


async def test_reader_from_before_what_is_kept_is_told_to_start_again(published):
    async with published.replica():
        await published.publish(*(a_figure(revision=revision, provisional=True) for revision in range(1, 6)))
        await settled(published, 5)
        pool = await open_pool(published.database_url, 2)
        async with pool.acquire() as connection, connection.transaction():
            future = datetime.now(UTC) + timedelta(hours=1)
            assert await repository.prune_changes(connection, before=future, keep=2) == 4
        await pool.close()
    async with published.replica() as client:
        [event] = await read_stream(client, 1, last_event_id="1")
        assert (event["event"], event["id"]) == ("resync", "5")
        ahead = await read_stream(client, 1, last_event_id="99")
        assert ahead[0]["event"] == "resync"


async def test_numbers_follow_the_order_of_commit_when_many_write_at_once(published):
    pool = await open_pool(published.database_url, 6)
    seen: list[int] = []

    async def write(writer: int) -> None:
        for revision in range(1, 21):
            async with pool.acquire() as connection, connection.transaction():
                figures = [a_figure(structure_code=f"w{writer}", revision=revision), a_figure(revision=revision)]
                await handlers.publish(connection, figures)
                await asyncio.sleep(0)

    async def follow() -> None:
        while not writers.done() or await queries.changes(pool, after=seen[-1] if seen else 0, limit=1):
            seen.extend(change.seq for change in await queries.changes(pool, after=seen[-1] if seen else 0, limit=7))
            await asyncio.sleep(0)

    writers = asyncio.gather(*(write(writer) for writer in range(5)))
    await asyncio.gather(writers, follow())
    stored = [row["seq"] for row in await published.fetch("SELECT seq FROM changes ORDER BY seq")]
    await pool.close()
    assert len(stored) == 5 * 20 + 20
    assert seen == stored == list(range(1, len(stored) + 1))


async def test_writer_that_rolls_back_leaves_no_hole(published):
    pool = await open_pool(published.database_url, 2)

    async def write_and_fail() -> None:
        async with pool.acquire() as connection, connection.transaction():
            await handlers.publish(connection, [a_figure(revision=1)])
            await connection.execute("SELECT 1 / 0")

    with pytest.raises(asyncpg.DivisionByZeroError):
        await write_and_fail()
    async with pool.acquire() as connection, connection.transaction():
        await handlers.publish(connection, [a_figure(revision=1)])
    assert [change.seq for change in await queries.changes(pool, after=0, limit=10)] == [1]
    await pool.close()


async def test_reader_beyond_the_last_place_is_asked_to_come_back_later(published):
    async with published.replica(stream_clients=1) as client, client.stream("GET", "/v1/stream") as kept:
        assert kept.status_code == 200
        await eventually(lambda: _clients(client, 1), "the first reader to be listening")
        answer = await client.get("/v1/stream")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


@asynccontextmanager
async def committing(published):
    """Commits figures as a process elsewhere does, of which ours hear by the database alone."""
    pool = await open_pool(published.database_url, 1)

    async def commit(*figures) -> None:
        async with pool.acquire() as connection, connection.transaction():
            await handlers.publish(connection, figures)

    try:
        yield commit
    finally:
        await pool.close()


async def test_each_replica_hears_at_once_what_another_commits(published, monkeypatch):
    monkeypatch.setattr(app, "Feed", lambda log, **given: Feed(log, **given | {"poll_seconds": 3600.0}))
    async with published.replica("1") as one, published.replica("2") as two, committing(published) as commit:
        last = "0"
        for revision in range(1, 6):
            listening = [asyncio.create_task(read_stream(each, 1, last_event_id=last)) for each in (one, two)]
            await commit(a_figure(revision=revision))
            told = await asyncio.gather(*listening)
            assert [revisions(events) for events in told] == [[revision], [revision]]
            last = told[0][0]["id"]


async def test_commit_of_which_word_is_lost_is_found_by_the_clock(published, monkeypatch):
    async def deaf(*_arguments):
        await asyncio.Event().wait()

    monkeypatch.setattr(app, "listen", deaf)
    async with published.replica(stream_poll_seconds=0.1) as client, committing(published) as commit:
        listening = asyncio.create_task(read_stream(client, 2))
        await eventually(lambda: _clients(client, 1), "the reader to be listening")
        await commit(a_figure(revision=1))
        await commit(a_figure(revision=2))
        assert revisions(await listening) == [1, 2]


MUCH = 300
"""Changes that are more than any buffer on the way takes."""


async def _log_much(published):
    large = repository.Change(a_figure().key, provisional=True, data=json.dumps({"revision": 1, "words": "x" * 40_000}))
    pool = await open_pool(published.database_url, 1)
    async with pool.acquire() as connection, connection.transaction():
        last_seq = await repository.lock_log(connection)
        await repository.append_changes(connection, last_seq, [large] * MUCH)
    await pool.close()


@asynccontextmanager
async def _reader_that_takes_nothing(published, client):
    reader, writer = await asyncio.open_connection(sock=_narrow(client.base_url), limit=2**16)
    try:
        writer.write(b"GET /v1/stream?last_event_id=0 HTTP/1.1\r\nHost: x\r\n\r\n")
        await eventually(lambda: _clients(client, 1), "the reader to be listening")
        await _log_much(published)
        yield reader
    finally:
        writer.close()


def _told(text):
    return [int(seq) for seq in re.findall(rb"id: (\d+)\nevent", text)]


async def test_slow_reader_holds_up_nobody_and_misses_nothing(published):
    async with published.replica() as client, _reader_that_takes_nothing(published, client) as slow:
        quick = await read_stream(client, MUCH, last_event_id="0")
        assert [int(event["id"]) for event in quick] == list(range(1, MUCH + 1))
        text = bytearray()
        async with asyncio.timeout(20):
            while MUCH not in _told(text[-90_000:]):
                text += await slow.read(2**16)
        assert _told(text) == list(range(1, MUCH + 1))


async def test_reader_that_takes_nothing_loses_its_place_and_resumes_without_a_gap(published, monkeypatch):
    monkeypatch.setattr(PatientProtocol, "read_seconds", 0.3)
    async with published.replica() as client, _reader_that_takes_nothing(published, client) as stuck:
        await eventually(lambda: _clients(client, 0), "its place to be free again")
        had = _told(await _rest(stuck))
        assert had == list(range(1, len(had) + 1))
        assert len(had) < MUCH
        again = await read_stream(client, MUCH - len(had), last_event_id=str(len(had)))
        assert had + [int(event["id"]) for event in again] == list(range(1, MUCH + 1))


async def _rest(reader):
    """What still arrived before the connection was cut; an event that was cut with it does not count."""
    read = b""
    with contextlib.suppress(ConnectionError):
        while piece := await asyncio.wait_for(reader.read(2**16), 20):
            read += piece
    return read[: read.rfind(b"\n\n") + 2]


def _narrow(url):
    """A connection that takes in little until it is read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**16)
    connection.connect((url.host, url.port))
    connection.settimeout(0)
    return connection
