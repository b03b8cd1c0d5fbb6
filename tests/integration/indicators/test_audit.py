"""The audit finds each kind of damage, names it, and says so to who called it."""

import argparse
import json
from datetime import UTC, datetime

import pytest

from spplus_indicators import audit_command
from tests.support.damage import DAMAGES, publish_some
from tests.support.scoring import ANY_NUMBER, scoring

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)


def words(*given):
    parser = argparse.ArgumentParser()
    audit_command.describe(parser)
    return parser.parse_args(given)


@pytest.mark.parametrize("kind", DAMAGES)
async def test_audit_finds_each_kind_of_damage_and_exits_1(database_url, capsys, kind):
    async with scoring(database_url, NOW) as it:
        await publish_some(it)
        assert await audit_command.run(it.pool, words(), thresholds=ANY_NUMBER) == 0
        assert capsys.readouterr().out == "0 differences\n"
        await it.pool.execute(DAMAGES[kind])
        assert await audit_command.run(it.pool, words("--json"), thresholds=ANY_NUMBER) == 1
        found = json.loads(capsys.readouterr().out)
        # A figure that was tampered with is also not the one that the history tells.
        assert {row["what"] for row in found["rows"]} == ({kind, "history"} if kind == "figure" else {kind})
        assert sum(found["by_kind"].values()) == len(found["rows"])
        assert (found["differences"], found["looked_at"]["ledger"]) == (len(found["rows"]), 3)


async def test_audit_lists_few_and_counts_all(database_url, capsys):
    async with scoring(database_url, NOW) as it:
        await publish_some(it)
        await it.pool.execute("UPDATE ledger SET counted = '[]'")
        assert await audit_command.run(it.pool, words("--limit", "1"), thresholds=ANY_NUMBER) == 1
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].startswith("counted ")
        assert lines[1:] == ["... and 2 more", "3 differences"]


async def test_a_ledger_row_of_other_words_for_the_same_cells_is_no_difference(database_url):
    async with scoring(database_url, NOW) as it:
        await publish_some(it)
        await it.pool.execute("UPDATE ledger SET counted = replace(counted, ',', ', ')")
        assert await it.audit() == []
