"""`kill -9` of intake in the middle of batch posts: the same batches sent again end with each event once."""

import asyncio
import json
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from spplus_contracts import FeedbackSubmitted, structured
from spplus_contracts.topics import FEEDBACK_SUBMITTED
from tests.support.small_platform import AGENCY, AGENCY_STRUCTURES, SmallPlatform

pytestmark = [pytest.mark.faults, pytest.mark.asyncio, pytest.mark.timeout(300)]

BATCHES, EVENTS, CONNECTIONS, KILLS = 24, 150, 6, 3
BATCHED = "application/cloudevents-batch+json"


def a_batch(it: SmallPlatform, number: int, dice: random.Random) -> bytes:
    """Events that the witness will have heard once they are accepted."""
    bodies = []
    for place in range(EVENTS):
        name = f"post-{number}-{place}"
        told_at = datetime.now(UTC) - timedelta(hours=dice.randrange(1, 1_500))
        event = FeedbackSubmitted.model_validate(
            {
                "request_id": name,
                "feedback_id": name,
                "structure_code": dice.choice(AGENCY_STRUCTURES),
                "kind": "experience",
                "submitted_at": told_at,
                "channels": ["desk", "phone"],
                "sentiment": dice.choice(("positive", "neutral", "negative")),
                "answer_expected": False,
            }
        )
        bodies.append(structured(it.witness.hears(event, source=AGENCY, event_id=name), event.to_json()))
    return b"[" + b",".join(bodies) + b"]"


async def post_until_answered(client: httpx.AsyncClient, key: str, body: bytes) -> tuple[int, Counter[str]]:
    """How often the call got no answer, and what became of its events at last."""
    headers = {"content-type": BATCHED, "authorization": f"Bearer {key}"}
    async with asyncio.timeout(120):
        for failures in range(10_000):
            try:
                answer = await client.post("/v1/events", content=body, headers=headers)
            except httpx.TransportError:
                await asyncio.sleep(0.1)
                continue
            if answer.status_code == 200:
                return failures, Counter(result["status"] for result in answer.json()["results"])
            assert answer.status_code == 503, answer.text
            await asyncio.sleep(0.1)
    raise AssertionError


async def test_killed_intake_takes_each_event_of_a_repeated_batch_once(folder):
    seed = random.SystemRandom().randrange(1_000_000)
    dice = random.Random(seed)
    async with SmallPlatform(folder) as it:
        scope = ("--scope", "events:feedback.submitted")
        key = (await it.command("feedback", "keys", "create", "--name", "posts", "--source", AGENCY, *scope)).strip()
        waiting = [a_batch(it, number, dice) for number in range(BATCHES)]
        answered: list[tuple[int, Counter[str]]] = []
        progress: asyncio.Queue[None] = asyncio.Queue()

        async def connection(client: httpx.AsyncClient) -> None:
            while waiting:
                answered.append(await post_until_answered(client, key, waiting.pop()))
                progress.put_nowait(None)

        async def reaper() -> None:
            for _ in range(KILLS):
                for _ in range(BATCHES // (KILLS + 2)):
                    await progress.get()
                await asyncio.sleep(dice.uniform(0, 0.03))
                await it.platform.kill("feedback")

        async with (
            httpx.AsyncClient(base_url=it.platform.address("feedback"), timeout=20, trust_env=False) as client,
            asyncio.TaskGroup() as group,
        ):
            group.create_task(reaper())
            for _ in range(CONNECTIONS):
                group.create_task(connection(client))
        lines = await it.settled()
        records = await it.records(FEEDBACK_SUBMITTED.name)
        ids = Counter(dict(record.headers)["ce_id"] for record in records)
        told = f"seed {seed}, {[failures for failures, _ in answered]} failures\n" + "\n".join(lines[:40])
        assert sum(failures for failures, _ in answered) > 0, told
        assert sum((counts for _, counts in answered), Counter()).keys() <= {"accepted", "duplicate"}, told
        assert (len(ids), set(ids.values())) == (BATCHES * EVENTS, {1}), told
        assert lines == [], told
        counts = await it.query("feedback", "SELECT verdict, sum(events)::int FROM source_counts GROUP BY verdict")
        assert dict(tuple(row) for row in counts)["accepted"] == BATCHES * EVENTS, told
        assert json.loads(records[0].value)["kind"] == "experience"
