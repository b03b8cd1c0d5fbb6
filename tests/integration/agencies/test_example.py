"""The client that agencies copy, against the service as a process, on a line that loses answers."""

import asyncio
import importlib.util
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.error import HTTPError

import pytest

from spplus_contracts.topics import REQUEST_ANSWERED
from tests.support.agency import AGENCY, a_letter, make_key, register, said
from tests.support.bus import read_count
from tests.support.intake_process import served

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "post_events.py"
NO_PAUSE = (0.0, 0.0, 0.0)


def the_example():
    spec = importlib.util.spec_from_file_location("post_events", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@asynccontextmanager
async def losing_answers(address, count):
    """The address of a line to a service that hands on all requests, and loses the first answers."""
    host, port = address.removeprefix("http://").split(":")
    left = count

    async def connected(reader, writer):
        nonlocal left
        onward, back = await asyncio.open_connection(host, int(port))
        back.write(await reader.readuntil(b"\r\n\r\n"))
        asyncio.get_running_loop().create_task(_pump(reader, back))
        answer = await onward.read(65_536)
        left, lost = left - 1, left > 0
        if not lost:
            writer.write(answer)
            await _pump(onward, writer)
        writer.close()
        back.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _pump(reader, writer):
    while chunk := await reader.read(65_536):
        writer.write(chunk)


async def test_example_survives_lost_answers_and_tells_each_event_once(database_url, kafka, topic_prefix, monkeypatch):
    example = the_example()
    async with served(database_url, kafka, topic_prefix) as service:
        await register(database_url, AGENCY)
        key = await make_key(database_url)
        events = [said(a_letter(request_id=f"letter-{number}"), f"letter-{number}") for number in range(20)]
        bad = said(a_letter(structure_code="autre"), "outside")
        async with losing_answers(service.address, 2) as address:
            results = await asyncio.to_thread(example.post_events, address, key, [*events, bad], NO_PAUSE)
        assert [result["status"] for result in results] == ["duplicate"] * 20 + ["refused"]
        with pytest.raises(HTTPError) as refused:
            await asyncio.to_thread(example.post_events, service.address, "nothing", events, NO_PAUSE)
        assert refused.value.code == 401
        refused.value.close()
        monkeypatch.setenv("SPPLUS_KEY", key)
        await asyncio.to_thread(example.main, service.address, AGENCY.code, "guichet")
        records = await read_count(kafka, topic_prefix + REQUEST_ANSWERED.name, 21)
    ids = [dict(record.headers)["ce_id"].decode() for record in records]
    assert sorted(ids) == sorted([*(event["id"] for event in events), "letter-4711-answered"])
