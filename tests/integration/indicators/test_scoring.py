"""From events to figures on a real database, against an independent reading of the same events."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.builders import (
    DUE_AT,
    a_feedback,
    a_structure,
    an_answer,
)
from tests.support.scoring import scoring

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
LATER = DUE_AT + timedelta(days=2)
MARCH = ("month", datetime(2026, 3, 1, tzinfo=UTC).date())


def value_of(figures, indicator, structure="12345", kind="month", start=MARCH[1]):
    for key, figure in figures.items():
        if (key.structure_code, key.indicator_code, str(key.period_kind), key.period_start) == (
            structure,
            indicator,
            kind,
            start,
        ):
            return figure.value
    return None


async def test_feedback_declared_structure_is_published_for_month_and_year(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(), a_feedback(), a_feedback(request_id="request-2", sentiment="negative"))
        await it.publish()
        figures = await it.figures()
        assert value_of(figures, "experience_satisfaction") == 0.5
        assert value_of(figures, "experience_count", kind="year", start=datetime(2026, 1, 1, tzinfo=UTC).date()) == 2
        told = await it.told()
        assert {each.revision for each in told} == {1}
        assert all(each.provisional for each in told)


async def test_publishing_twice_publishes_nothing(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(), a_feedback(), an_answer())
        assert await it.publish() > 0
        await it.take(a_feedback(), an_answer())  # the same request under other event ids: nothing it adds has changed
        assert await it.publish() == 0
