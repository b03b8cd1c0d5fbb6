"""Reading page by page while figures change: every figure that stays is read once, in order, and nothing else twice."""

import random
import re
from datetime import UTC, date, datetime

import pytest

from spplus_chassis.database import open_pool
from spplus_notifier import handlers, selection
from spplus_notifier.handlers import Removal
from spplus_notifier.selection import Filter
from tests.support.builders import a_figure, a_structure

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

STRUCTURES = ("1", "1-a", "1_a", "10", "A", "Z", "a", "a-", "z9")
"""Codes that sort differently by other rules than those of the keys."""
INDICATORS = ("answer_rate", "experience_satisfaction")
TODAY = date(2026, 4, 2)


class Publishing:
    """Figures that are published, replaced and removed at random."""

    def __init__(self, pool, dice):
        self._pool = pool
        self._dice = dice
        self._revision = 0
        self.keys = {
            a_figure(structure_code=code, indicator_code=name).key for code in STRUCTURES for name in INDICATORS
        }

    async def publish(self, keys):
        """A new revision of each."""
        self._revision += 1
        figures = []
        for structure, indicator in (key.split("|")[:2] for key in keys):
            figures.append(a_figure(structure_code=structure, indicator_code=indicator, revision=self._revision))
        await self.take(figures)

    async def take(self, figures):
        """In one transaction, as from the bus."""
        async with self._pool.acquire() as connection, connection.transaction():
            await handlers.publish(connection, figures)

    async def change(self, staying):
        """Something: figures that stay get revisions, others come and go."""
        others = sorted(self.keys - staying)
        await self.publish(self._dice.sample(sorted(self.keys), 4))
        await self.take([Removal(key) for key in self._dice.sample(others, len(others) // 2)])


async def walked(pool, chosen, dice, between):
    """Every key that a reader of pages of random sizes sees."""
    seen, after = [], None
    while True:
        limit = dice.randint(1, 4)
        page = await selection.figures(pool, chosen, after=after, limit=limit)
        seen += [figure.key for figure in page]
        if len(page) < limit:
            return seen
        after = page[-1].key
        await between()


@pytest.mark.parametrize("seed", range(6))
async def test_pages_neither_skip_nor_repeat_while_figures_change(published, seed):
    dice = random.Random(seed)
    async with await open_pool(published.database_url, size=2) as pool:
        publishing = Publishing(pool, dice)
        async with pool.acquire() as connection:
            await handlers.declare(connection, [a_structure(code=code, parent="A") for code in ("1", "1-a", "z9")])
        for wanted, mine in (
            (Filter(), r""),
            (Filter(indicator_codes=("answer_rate",)), r".*\|answer_rate\|"),
            (Filter(subtree="A"), r"(A|1|1-a|z9)\|"),
            (Filter(structure_code="a"), r"a\|"),
            (Filter(status="ok", period_kind="month"), r""),
        ):
            staying = set(dice.sample(sorted(publishing.keys), 9))
            await publishing.publish(publishing.keys)
            chosen = await selection.select(pool, wanted, today=TODAY)
            seen = await walked(pool, chosen, dice, lambda staying=staying: publishing.change(staying))
            assert seen == sorted(set(seen), key=str.encode), "in the order of the keys, none twice"
            asked = {key for key in publishing.keys if re.match(mine, key)}
            assert staying & asked <= set(seen) <= asked


@pytest.mark.parametrize("seed", range(3))
async def test_pages_of_an_instant_are_that_instant_whatever_changes_meanwhile(published, seed):
    dice = random.Random(seed)
    async with await open_pool(published.database_url, size=2) as pool:
        publishing = Publishing(pool, dice)
        await publishing.publish(dice.sample(sorted(publishing.keys), 12))
        chosen = await selection.select(pool, Filter(), today=TODAY, as_of=datetime.now(UTC))
        stood = await selection.figures(pool, chosen, after=None, limit=100)
        assert len(stood) == 12
        seen = await walked(pool, chosen, dice, lambda: publishing.change(set()))
        assert seen == [figure.key for figure in stood]
        again = await selection.figures(pool, chosen, after=None, limit=100)
        assert again == stood, "nor does a later reader see another past"
