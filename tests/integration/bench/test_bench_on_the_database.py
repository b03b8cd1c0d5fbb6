"""The bench writes into the service's tables by itself: what it puts there is what the service would have."""

import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from tests.bench.full_tree import ROOT, full_tree
from tests.bench.load import a_tree
from tests.bench.prefill import prefill
from tests.bench.rollups import Bench
from tests.bench.taking import take
from tests.support.builders import an_envelope
from tests.support.scoring import scoring

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def test_a_ledger_of_copies_is_one_that_the_audit_finds_nothing_in(database_url):
    structures = a_tree(20)
    async with scoring(database_url, NOW) as it:
        await take(it.pool, ((an_envelope(each), each) for each in structures), NOW)
        stories = await prefill(database_url, 600, structures, NOW, originals=200)
        await it.publish()
        figures = {
            f"{key.structure_code}|{key.indicator_code}|month|{key.period_start}".encode(): figure.n
            for key, figure in (await it.figures()).items()
            if key.indicator_code == "experience_count" and key.period_kind == "month"
        }
        assert await it.pool.fetchval("SELECT count(*) FROM ledger") == stories.total == 3 * 196
        assert figures == stories.expected()
        assert await it.audit() == []


async def test_the_root_of_the_made_up_tree_has_what_all_leaves_have(database_url):
    async with scoring(database_url, NOW) as it:
        bench = Bench(it.pool, full_tree(150), NOW)
        await bench.fill()
        rows = await it.pool.fetch("SELECT structure_code, own, pooled FROM tallies")
        leaves, root = Counter(), Counter()
        for row in rows:
            leaves.update(json.loads(row["own"]))
            if row["structure_code"] == ROOT:
                root.update(json.loads(row["pooled"]))
        assert root["experiences"] > 1_000
        assert root == leaves
        assert await bench.revisions([ROOT]) > 100
