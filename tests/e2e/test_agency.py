"""An agency's system on the whole platform: registered, it writes its own topic, and the figures come out."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from spplus_contracts import Envelope
from tests.support.builders import a_bulk, a_feedback
from tests.support.bus import send_all
from tests.support.waiting import eventually
from tests.support.whole_platform import WholePlatform

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

FIXTURES = Path(__file__).parents[1] / "fixtures"
TOLD_AT = datetime(2024, 3, 5, 9, tzinfo=UTC)
REGION, LIGHTHOUSE, OTHER_REGION = "bC4eF6gH8i", "STR-101", "cD5fG7hI9j"


@pytest.fixture
def platform(tmp_path):
    platform = WholePlatform(tmp_path)
    platform.start()
    yield platform
    platform.stop()


def told(event, event_id):
    envelope = Envelope(id=event_id, source="phares", type=event.TYPE, time=TOLD_AT)
    return event.key.encode(), event.to_json(), envelope.headers()


def an_experience(number, code):
    no_promise = {"answer_due_at": None, "announced_at": None, "due_kind": None}
    sentiment = "positive" if number % 2 else "negative"
    fields = {"request_id": f"r{number}", "feedback_id": f"f{number}", "structure_code": code}
    return a_feedback(**fields, sentiment=sentiment, submitted_at=TOLD_AT, **no_promise)


def test_agency_registers_writes_its_topic_and_is_counted(platform):
    platform.run("import-structures", FIXTURES / "structures.csv")
    grants = ("--structure", REGION, "--feedback", "experience", "--bulk", "call")
    topic = platform.run("sources", "add", "phares", "--name", "Standard des phares", *grants).strip()
    assert topic == "spplus.inbound.phares.v1"
    calls = a_bulk(structure_code=LIGHTHOUSE, month="2024-02", received=1000, answered=850)
    records = [told(calls, "calls")]
    records += [told(an_experience(number, LIGHTHOUSE), f"s{number}") for number in range(40)]
    records += [told(an_experience(99, OTHER_REGION), "outside")]
    records += [told(an_experience(0, LIGHTHOUSE), "s0")]
    asyncio.run(send_all(platform.setting("SPPLUS_KAFKA_BOOTSTRAP_SERVERS"), topic, records))

    async def published():
        rates = platform.figures(structure_code=LIGHTHOUSE, indicator_code="pickup_rate", period_kind="month")
        about = {"structure_code": REGION, "period_kind": "month"}
        satisfied = platform.figures(indicator_code="experience_satisfaction", **about)
        return [(figure["n"], figure.get("value")) for figure in (*rates, *satisfied)] == [(1000, 0.85), (40, 0.5)]

    asyncio.run(eventually(published, "the figures of the agency", seconds=60))

    async def refused():
        async with httpx.AsyncClient(base_url=platform.address("feedback")) as client:
            metrics = (await client.get("/metrics")).text
        return 'spplus_records_refused_total{reason="outside_part",topic="inbound"} 1.0' in metrics

    asyncio.run(eventually(refused, "the refusal of the event from outside its part"))
    assert platform.figures(structure_code=OTHER_REGION) == []
