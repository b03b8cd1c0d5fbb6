"""A structure that nobody declared, a change that nobody publishes: each waits visibly, with its age."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from spplus_chassis import metrics
from spplus_indicators import api
from spplus_indicators.gauges import Gauges
from tests.support.builders import a_feedback, a_structure, a_withdrawal
from tests.support.scoring import ANY_NUMBER, scoring

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
ALERT = timedelta(days=14)


async def listed(it) -> dict:
    """What the door says."""
    app = FastAPI()
    app.include_router(api.router(lambda: it.pool, thresholds=ANY_NUMBER, undeclared_alert=ALERT, clock=lambda: it.now))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://indicators") as client:
        return (await client.get("/v1/undeclared-structures")).raise_for_status().json()


def gauges_of(it) -> Gauges:
    return Gauges(lambda: it.pool, clock=lambda: it.now, undeclared_alert=ALERT)


def read(gauge) -> float:
    return gauge._value.get()


async def test_undeclared_structure_waits_visibly_until_it_is_declared(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(a_feedback(structure_code="unknown"), a_feedback(request_id="2", structure_code="unknown"))
        await it.publish()
        it.now = NOW + timedelta(days=3)
        await it.take(a_feedback(request_id="3", structure_code="other"))
        await it.publish()
        it.now = NOW + timedelta(days=15)
        waiting = await listed(it)
        assert [(each["structure_code"], each["overdue"]) for each in waiting["items"]] == [
            ("unknown", True),
            ("other", False),
        ]
        assert waiting["items"][0]["age_seconds"] == timedelta(days=15).total_seconds()
        assert waiting["items"][0]["months"] == 1
        assert waiting["items"][0]["counts"] > 0
        await gauges_of(it).measure_undeclared()
        assert read(metrics.STRUCTURES_UNDECLARED) == 2
        assert read(metrics.UNDECLARED_OVERDUE) == 1
        assert read(metrics.UNDECLARED_AGE) == timedelta(days=15).total_seconds()
        assert await it.figures() == {}
        await it.take(a_structure(code="unknown"), a_structure(code="other"))
        await it.publish()
        assert await it.value("experience_count", structure="unknown") == 2
        assert (await listed(it))["items"] == []
        await gauges_of(it).measure_undeclared()
        assert read(metrics.UNDECLARED_OVERDUE) == read(metrics.UNDECLARED_AGE) == 0


async def test_undeclared_structure_of_which_nothing_is_left_waits_no_more(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(a_feedback(structure_code="unknown"))
        await it.publish()
        assert len((await listed(it))["items"]) == 1
        await it.take(a_withdrawal(structure_code="unknown"))
        await it.publish()
        assert (await listed(it))["items"] == []


async def test_age_of_what_nobody_publishes_grows_and_falls_to_nothing(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(), a_feedback())
        gauges = gauges_of(it)
        await gauges.measure_backlog()
        assert read(metrics.MARKS_AGE) == 0
        it.now += timedelta(seconds=90)
        await it.take(a_feedback(request_id="2"))
        await gauges.measure_backlog()
        assert read(metrics.MARKS_AGE) == 90
        assert read(metrics.MARKS_ROWS) > 0
        assert read(metrics.PUBLISHER_LEADING) == 0
        await it.publisher.fold_marks()
        it.now += timedelta(seconds=30)
        await gauges.measure_backlog()
        assert read(metrics.MARKS_AGE) == 30
        await it.publish()
        await gauges.measure_backlog()
        assert read(metrics.MARKS_AGE) == read(metrics.MARKS_ROWS) == 0


async def test_sweep_that_rests_is_seen(database_url):
    async with scoring(database_url, NOW) as it:
        await it.settle(datetime.now(UTC) + timedelta(days=1))
        it.now += timedelta(seconds=75)
        await gauges_of(it).measure_backlog()
        assert read(metrics.SWEEP_BEHIND) == 75
