"""The example for re-users holds the whole publication from the compacted topic alone, and keeps it current."""

import asyncio
from contextlib import aclosing

import pytest

from spplus_contracts import IndicatorComputed
from spplus_contracts.topics import INDICATOR_COMPUTED
from tests.support.builders import a_figure, a_rolling_figure
from tests.support.examples import the_example
from tests.support.publication import items

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

RETIRED = a_figure(structure_code="retired")


async def next_change(steps):
    async with asyncio.timeout(20):
        return await anext(steps)


async def test_table_built_from_zero_is_the_publication_and_follows_it(published):
    example = the_example("follow_figures")
    table = example.FigureTable()
    async with published.replica() as client:
        await published.publish(a_figure(), a_figure(revision=3, value=0.5), a_rolling_figure(), RETIRED)
        await published.publish(a_figure(revision=2), RETIRED.key)
        async with aclosing(
            example.follow(table, published.kafka, published.prefix + INDICATOR_COMPUTED.name)
        ) as steps:
            assert await next_change(steps) is None, "first the table is complete"
            await published.settled()
            standing = [IndicatorComputed.model_validate(item) for item in await items(client)]
            assert [figure for _, figure in sorted(table.figures.items())] == standing
            assert table.figures[a_figure().key].revision == 3, "the older revision came late"
            await published.publish(a_figure(revision=4, value=0.25))
            assert await next_change(steps) == [a_figure().key]
            assert table.figures[a_figure().key].value == 0.25
            await published.publish(a_figure().key)
            assert await next_change(steps) == [a_figure().key]
            assert a_figure().key not in table.figures
