"""A connection that sends endless headers, asks without end or takes nothing is closed; an honest one is served."""

import asyncio
import contextlib
import time
from contextlib import asynccontextmanager

import pytest
import uvicorn
from prometheus_client import REGISTRY

from spplus_chassis.patience import PatientProtocol
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]
ASK = b"GET / HTTP/1.1\r\nhost: x\r\n"


class Hasty(PatientProtocol):
    request_seconds = 0.2


async def answer_ok(scope, receive, send):
    if scope["type"] == "http":
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


async def answer_without_end(_scope, receive, send):
    """Writes until the reader has gone."""

    async def write():
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": b"z" * 50_000, "more_body": True})
            await asyncio.sleep(0)

    writing = asyncio.create_task(write())
    while (await receive())["type"] != "http.disconnect":
        pass
    writing.cancel()


@asynccontextmanager
async def connected(protocol=PatientProtocol, app=answer_ok):
    config = uvicorn.Config(app, port=0, http=protocol, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())
    await eventually(lambda: _started(server), "the server to listen")
    (listener,) = server.servers
    reader, writer = await asyncio.open_connection(*listener.sockets[0].getsockname())
    try:
        yield reader, writer
    finally:
        writer.close()
        server.should_exit = True
        await serving


async def _started(server):
    return server.started


async def all_of(reader):
    """What comes until the peer closes."""
    async with asyncio.timeout(20):
        return await reader.read()


@pytest.mark.parametrize(
    "never_ends",
    [b"", b"GET / HT", ASK, b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nonly a part"],
)
async def test_request_that_does_not_arrive_is_not_waited_for(never_ends):
    async with connected(Hasty) as (reader, writer):
        writer.write(never_ends)
        assert b"200" not in await all_of(reader)


async def test_endless_headers_are_refused_while_they_come():
    class Short(PatientProtocol):
        longest_head = 2_000

    async with connected(Short) as (reader, writer):
        writer.write(ASK + b"x: ")
        answer = asyncio.create_task(all_of(reader))
        while not answer.done():
            writer.write(b"y" * 100)
            with contextlib.suppress(ConnectionError):
                await writer.drain()
            await asyncio.wait([answer], timeout=0.001)
        assert (await answer).startswith(b"HTTP/1.1 400")


class Brisk(PatientProtocol):
    read_seconds = 1.0


async def test_reader_that_takes_nothing_is_cut_off():
    before = cut_off()
    async with connected(Brisk, answer_without_end) as (reader, writer):
        writer.write(ASK + b"\r\n")
        await eventually(lambda: _cut_off_since(before), "the reader to be cut off")
        with contextlib.suppress(ConnectionError):
            await all_of(reader)


async def test_reader_that_takes_what_comes_keeps_its_connection():
    before, began = cut_off(), time.monotonic()
    async with connected(Brisk, answer_without_end) as (reader, writer):
        writer.write(ASK + b"\r\n")
        async with asyncio.timeout(20):
            while time.monotonic() - began < 2 * Brisk.read_seconds:
                assert await reader.read(2**20)
        assert cut_off() == before


def cut_off():
    return REGISTRY.get_sample_value("spplus_http_cut_off_total")


async def _cut_off_since(before):
    return cut_off() > before


async def test_honest_requests_are_served_one_after_another_on_one_connection():
    async with connected() as (reader, writer):
        for _ in range(3):
            writer.write(ASK + b"x: " + b"y" * 1_500 + b"\r\n\r\n")
            async with asyncio.timeout(20):
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 200")
                assert await reader.readexactly(2) == b"ok"
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n" + b"y" * 100_000)
        async with asyncio.timeout(20):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
