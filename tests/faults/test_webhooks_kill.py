"""The notifier is killed while it calls: every figure reaches every subscriber, under the same id where twice."""

import uuid
from collections import defaultdict
from contextlib import AsyncExitStack

import httpx
import pytest
from cryptography.fernet import Fernet

from tests.support.builders import a_figure, a_structure
from tests.support.publication import Publication
from tests.support.receiver import receiving
from tests.support.service_process import running_service
from tests.support.subscriber import Subscriber, a_key
from tests.support.waiting import eventually

pytestmark = [pytest.mark.faults, pytest.mark.asyncio]

OFFICES, SUBSCRIBERS, KILLS = 250, 4, 2
SET_UP = {
    "SPPLUS_NOTIFIER_SEAL_KEYS": Fernet.generate_key().decode(),
    "SPPLUS_NOTIFIER_WEBHOOK_PRIVATE_NETWORKS": "127.0.0.0/8",
}


async def told(receiver, path):
    """The highest revision told of each office at one address, and that a message never says two things."""
    bodies = defaultdict(set)
    highest = {}
    for call in receiver.calls:
        if call.path == path:
            bodies[call.message_id].add(call.body)
            for code, revision in call.revisions.items():
                assert revision >= highest.get(code, 0), "an older revision overtook a newer"
                highest[code] = max(revision, highest.get(code, 0))
    assert all(len(said) == 1 for said in bodies.values()), "one id, two messages"
    return highest


async def test_killed_in_the_middle_of_a_thousand_figures_to_tell(make_database, kafka):
    published = Publication(make_database(), kafka, f"t{uuid.uuid4().hex[:10]}.")
    await published.prepare()
    codes = [f"office{number}" for number in range(OFFICES)]
    paths = [f"/to/{number}" for number in range(SUBSCRIBERS)]
    await published.publish(a_structure(code="root"), *(a_structure(code=code, parent="root") for code in codes))
    expected = dict.fromkeys(codes, KILLS + 1)

    async def all_told():
        return [await told(receiver, path) for path in paths] == [expected] * SUBSCRIBERS

    async with AsyncExitStack() as stack:
        receiver = await stack.enter_async_context(receiving())
        for life in range(KILLS + 1):
            settings = (published.database_url, published.kafka, published.prefix, SET_UP)
            async with (
                running_service("notifier", *settings) as service,
                httpx.AsyncClient(base_url=service.address) as http,
            ):
                if life == 0:
                    subscriber = Subscriber(published, http, await a_key(published))
                    await published.settled()
                    for path in paths:
                        await subscriber.subscribe(receiver.url + path)
                before = len(receiver.calls)
                await published.publish(*(a_figure(structure_code=code, revision=life + 1) for code in codes))
                if life < KILLS:
                    await receiver.called(before + 1, seconds=60)
                    service.process.kill()
                    await service.process.wait()
                    # A lease of the dead ends by itself; the test does not wait for it.
                    await published.fetch("UPDATE webhooks SET leased_until = NULL, next_call_at = now()")
                else:
                    await eventually(all_told, "every subscriber to have every figure", seconds=90)
