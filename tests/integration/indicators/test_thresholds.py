"""Thresholds by network on a real database: what is withheld, and what a change of network shows."""

from datetime import UTC, datetime

import pytest

from spplus_indicators.thresholds import Thresholds
from tests.support.builders import a_feedback, a_structure
from tests.support.scoring import scoring

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
SET = Thresholds(2, by_network={"DGFIP": {"experience_satisfaction": 3}})


async def test_network_has_its_own_threshold_and_a_change_of_network_is_told(database_url):
    async with scoring(database_url, NOW, thresholds=SET) as it:
        await it.take(a_structure(network="DGFIP"), a_feedback(), a_feedback(request_id="request-2"))
        await it.publish()
        assert await it.value("experience_satisfaction") is None
        assert await it.value("experience_net_sentiment") == 100  # of this indicator the network says nothing
        assert await it.audit() == []

        await it.take(a_structure(network="CNAF", version=2))
        await it.publish()
        assert await it.value("experience_satisfaction") == 1
        assert await it.audit() == []
