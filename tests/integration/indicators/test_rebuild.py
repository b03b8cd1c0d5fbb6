"""A rebuild from the ledger mends what was damaged, tells only what differs, and lets traffic go on meanwhile."""

import argparse
import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from spplus_indicators import rebuild_command
from spplus_indicators.rebuild import rebuild
from spplus_indicators.rebuild_repository import RebuildRefused, only_rebuild
from tests.support.builders import a_feedback, a_structure
from tests.support.damage import DAMAGES, publish_some
from tests.support.scoring import ANY_NUMBER, scoring

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
MORE_DAMAGES = DAMAGES | {
    "a needless ancestor": "INSERT INTO closure VALUES ('12345', 'root', '-infinity', '9999-12-01')",
    "no tallies": "DELETE FROM tallies",
    "a tally of nothing": "INSERT INTO tallies VALUES ('root', '2020-01-01', '{\"experiences\":7}', '{\"due\":7}')",
    "no figures": "DELETE FROM figures",
    "a revision that went back": "UPDATE figures SET revision = 0",
    "a figure of nothing": """
        INSERT INTO figures (structure_code, indicator_code, period_kind, period_start, period_end, revision, status, n,
            value, numerator, denominator, interval_low, interval_high, method_version, provisional, computed_at)
        SELECT structure_code, indicator_code, period_kind, '2020-01-01', '2020-02-01', 3, status, n,
            value, numerator, denominator, interval_low, interval_high, method_version, provisional, computed_at
        FROM figures WHERE indicator_code = 'experience_count' AND period_kind = 'month'
    """,
}
MOMENTS = {"computed_at", "revision", "supersedes"}


async def figures_told(it):
    """What stands under each key, without when and how often it was told."""
    latest = {event.key: json.loads(event.to_json()) for event in await it.told()}
    return {key: {name: value for name, value in data.items() if name not in MOMENTS} for key, data in latest.items()}


async def rebuilt(it, **options):
    return await rebuild(it.pool, thresholds=it.thresholds, now=it.now, **options)


@pytest.mark.parametrize("kind", MORE_DAMAGES)
async def test_damage_is_mended_and_figures_are_what_they_were(database_url, kind):
    async with scoring(database_url, NOW) as it:
        await publish_some(it)
        await it.take(a_feedback(request_id="request-9", sentiment="negative"))
        await it.publish()
        before = await it.figures()
        told = await figures_told(it)
        await it.pool.execute(MORE_DAMAGES[kind])
        await rebuilt(it)
        await it.publish()
        assert await it.audit() == []
        after = {key: figure for key, figure in (await it.figures()).items() if key in before or figure.n}
        assert after == before
        assert {key: data for key, data in (await figures_told(it)).items() if key in told} == told
        revisions = {}
        for event in await it.told():
            assert event.revision > revisions.get(event.key, 0)
            revisions[event.key] = event.revision


async def test_rebuild_of_what_is_right_publishes_nothing(database_url):
    async with scoring(database_url, NOW) as it:
        await publish_some(it)
        told = len(await it.told())
        outcome = await rebuilt(it)
        assert outcome == (3, 0, 0, 0, 0)
        assert await it.publish() == 0
        assert len(await it.told()) == told


async def test_dry_run_says_what_would_change_and_changes_nothing(database_url, capsys):
    async with scoring(database_url, NOW) as it:
        await publish_some(it)
        for damage in ("counted", "pooled tally", "figure"):
            await it.pool.execute(DAMAGES[damage])
        parser = argparse.ArgumentParser()
        rebuild_command.describe(parser)
        found = await it.audit()
        assert await rebuild_command.run(it.pool, parser.parse_args(["--dry-run", "--json"]), None, ANY_NUMBER) == 0
        said = json.loads(capsys.readouterr().out)
        assert (said["rows"], said["counted"]) == (3, 1)
        assert said["tallies"] > 0
        assert said["figures"] > 0
        assert await it.audit() == found
        assert await rebuild_command.run(it.pool, parser.parse_args([]), None, ANY_NUMBER) == 0
        assert "1 were corrected" in capsys.readouterr().out
        await it.publish()
        assert await it.audit() == []


async def test_rebuild_under_live_traffic_ends_without_a_difference(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(code="root"), a_structure(parent="root"))
        await it.take(*(a_feedback(request_id=f"old-{number}") for number in range(5_000)))
        await it.publish()
        await it.pool.execute("UPDATE ledger SET counted = '[]' WHERE request_id LIKE '%7'")
        await it.pool.execute(DAMAGES["pooled tally"])
        stop = asyncio.Event()
        rounds = 0

        async def traffic():
            nonlocal rounds
            while not stop.is_set() or rounds < 5:
                rounds += 1
                again = a_feedback(request_id=f"old-{rounds * 7}", sentiment="negative", version=2, statement_id="s")
                await it.take(a_feedback(request_id=f"new-{rounds}"), again)
                await it.publisher.fold_marks()
                await it.publisher.publish()

        async def rebuild_then_stop():
            try:
                return await rebuilt(it)
            finally:
                stop.set()

        outcome, _ = await asyncio.gather(rebuild_then_stop(), traffic())
        assert outcome.rows >= 5_000
        assert outcome.counted > 0
        await it.publish()
        assert await it.audit() == []
        assert await it.value("experience_count", structure="root") == await it.pool.fetchval(
            "SELECT count(*) FROM ledger"
        )


async def test_only_one_rebuild_runs_at_a_time(database_url):
    async with scoring(database_url, NOW) as it, only_rebuild(it.pool):
        with pytest.raises(RebuildRefused):
            await rebuilt(it)


async def test_rebuild_puts_right_the_deadline_that_the_sweep_waits_for(database_url):
    async with scoring(database_url, NOW) as it:
        await it.take(a_structure(), a_feedback(answer_due_at=NOW + timedelta(days=3), announced_at=NOW))
        await it.pool.execute("UPDATE ledger SET changes_after = NULL")
        await rebuilt(it)
        await it.settle(NOW + timedelta(days=4))
        await it.publish()
        assert await it.value("on_time_rate") == 0
        assert await it.audit() == []
