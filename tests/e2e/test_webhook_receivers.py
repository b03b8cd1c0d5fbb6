"""The receivers that a developer copies: they believe what we signed just now, nothing else, and hold what stands."""

import asyncio
import os
import sys
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest
from cryptography.fernet import Fernet
from playwright._impl._driver import compute_driver_executable
from standardwebhooks import Webhook

from tests.support.builders import a_figure, a_rolling_figure, a_structure
from tests.support.examples import EXAMPLES
from tests.support.publication import Publication
from tests.support.service_process import free_port
from tests.support.subscriber import Subscriber, a_key
from tests.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

NODE, _ = compute_driver_executable()
PROGRAMS = {
    "python": [sys.executable, EXAMPLES / "receive_webhook.py"],
    "node": [NODE, EXAMPLES / "receive-webhook.mjs"],
}
SETTINGS = {"seal_keys": Fernet.generate_key().decode(), "webhook_private_networks": "127.0.0.0/8"}


@asynccontextmanager
async def receiver_of(program, port, secret):
    environment = os.environ | {"WEBHOOK_SECRET": secret}
    command = [*map(str, PROGRAMS[program]), str(port)]
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.PIPE)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
            await eventually(lambda: _answers(http), "the receiver to listen")
            yield process, http
    finally:
        process.kill()
        await process.wait()


async def _answers(http):
    try:
        return (await http.post("/", content=b"{}")).status_code == 401
    except httpx.TransportError:
        return False


async def said(process, count):
    async with asyncio.timeout(30):
        return [(await process.stdout.readline()).decode().split() for _ in range(count)]


@pytest.mark.parametrize("program", PROGRAMS)
async def test_receiver_holds_what_it_is_told_and_refuses_what_we_did_not_sign(
    program, database_url, kafka, topic_prefix
):
    published = Publication(database_url, kafka, topic_prefix)
    await published.prepare()
    async with published.replica(**SETTINGS) as http:
        await published.publish(a_structure(code="root"))
        await published.settled()
        subscriber, port = Subscriber(published, http, await a_key(published)), free_port()
        webhook = await subscriber.subscribe(f"http://127.0.0.1:{port}/")
        async with receiver_of(program, port, webhook["secret"]) as (process, receiver):
            month, rolling = a_figure(structure_code="root"), a_rolling_figure(structure_code="root")
            for event in (month, rolling, month.key):
                await published.publish(event)
                [line] = await said(process, 1)
                expected = ["removed", *month.key.split("|")] if event == month.key else None
                assert line == (expected or ["figure", "root", event.indicator_code, "1"])
            await subscriber.do(webhook, "secret", overlap_hours=1)
            await published.publish(a_figure(structure_code="root", revision=2))
            assert (await said(process, 1))[0][-1] == "2", "the old secret signs as well while it is changed"
            await refuses_what_we_did_not_sign(receiver, webhook["secret"])


async def refuses_what_we_did_not_sign(receiver, secret):
    body, now = '{"type":"x","data":{}}', int(time.time())

    async def status(at=now, signed_by=secret, sent=body, **changed):
        signature = Webhook(signed_by).sign("id", datetime.fromtimestamp(at, UTC), body)
        headers = {"webhook-id": "id", "webhook-timestamp": str(at), "webhook-signature": signature} | changed
        return (await receiver.post("/", content=sent.encode(), headers=headers)).status_code

    assert await status() == 204
    assert await status(signed_by="whsec_" + "A" * 43 + "=") == 401
    assert await status(sent=body + " ") == 401
    assert await status(at=now - 400) == 401
    assert await status(at=now + 400) == 401
    assert await status(**{"webhook-id": "other"}) == 401
    assert await status(**{"webhook-signature": "v1,"}) == 401
    assert await status(**{"webhook-timestamp": "soon"}) == 401
