"""What stood published at an instant, however much was published and thinned since."""

import argparse
import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest

from spplus_indicators import history_repository, snapshot_command, snapshots
from spplus_indicators.history_queries import standing
from spplus_indicators.history_repository import COLUMNS
from spplus_indicators.publication_repository import save_figures
from spplus_indicators.reports import report_in
from tests.support.builders import a_feedback, a_structure
from tests.support.scoring import scoring

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
COUNT = ("12345", "experience_count", "month", "2026-03-01")


async def exported(it, as_of, form="json", structure=None):
    stream = io.StringIO()
    summary = await snapshots.export(it.pool, as_of, structure, report_in(form, stream))
    return stream.getvalue(), summary


async def rows_at(it, as_of):
    text, _ = await exported(it, as_of)
    return json.loads(text)["rows"]


def key_of(row):
    return row["structure_code"], row["indicator_code"], row["period"]["kind"], row["period"]["start"]


async def count_at(it, as_of):
    """Revision, value and exactness of the count of experiences in March; none where it did not stand."""
    for row in await rows_at(it, as_of):
        if key_of(row) == COUNT:
            return row["revision"], row["value"], row["exact"]
    return None


async def tell_hourly(it, first, hours):
    """One more experience every hour, published at once; it begins with a declared structure."""
    await it.take(a_structure())
    for number in range(hours):
        it.now = first + number * HOUR
        await it.take(a_feedback(request_id=f"request-{first:%d}-{number}"))
        await it.publish()


async def test_every_revision_is_exported_as_its_event_said(database_url):
    async with scoring(database_url, NOW) as it:
        await tell_hourly(it, NOW, 3)
        told = await it.told()
        for hour in range(3):
            instant = NOW + hour * HOUR
            expected = {}
            for event in told:
                if event.computed_at <= instant:
                    expected[event.key] = json.loads(event.to_json())
            rows = await rows_at(it, instant + HOUR / 2)
            assert all(row.pop("exact") for row in rows)
            assert sorted(rows, key=key_of) == sorted(expected.values(), key=key_of)
        assert await rows_at(it, NOW - HOUR) == []


async def test_open_period_is_thinned_to_the_last_revision_of_each_day(database_url):
    async with scoring(database_url, NOW) as it:
        await tell_hourly(it, NOW, 5)
        await tell_hourly(it, NOW + DAY, 3)
        before = {day: await rows_at(it, NOW + day * DAY + 11 * HOUR) for day in range(2)}
        dropped = await history_repository.thin(it.pool, NOW + 2 * DAY)
        assert dropped > 0
        assert {day: await rows_at(it, NOW + day * DAY + 11 * HOUR) for day in range(2)} == before
        assert await count_at(it, NOW + 4 * HOUR) == (5, 5, True)
        assert await history_repository.thin(it.pool, NOW + 2 * DAY) == 0


async def test_instants_within_a_thinned_day_are_said_to_be_inexact(database_url):
    async with scoring(database_url, NOW) as it:
        await tell_hourly(it, NOW, 5)
        await tell_hourly(it, NOW + DAY, 3)
        await history_repository.thin(it.pool, NOW + 2 * DAY)
        assert await count_at(it, NOW + DAY - HOUR) == (5, 5, True)
        assert await count_at(it, NOW + DAY + HOUR) == (5, 5, False)
        assert await count_at(it, NOW + DAY + 2 * HOUR) == (8, 8, True)
        _, summary = await exported(it, NOW + HOUR)
        assert (summary.figures, summary.inexact) == (0, 0)
        assert summary.forgotten > 0


async def test_today_is_not_thinned(database_url):
    async with scoring(database_url, NOW) as it:
        await tell_hourly(it, NOW, 5)
        assert await history_repository.thin(it.pool, NOW + 11 * HOUR) == 0
        assert await count_at(it, NOW + HOUR) == (2, 2, True)


async def test_closed_periods_keep_every_revision(database_url):
    async with scoring(database_url, NOW) as it:
        april = datetime(2026, 4, 10, 12, 0, tzinfo=UTC)
        await tell_hourly(it, april, 4)
        await history_repository.thin(it.pool, april + 2 * DAY)
        assert [await count_at(it, april + number * HOUR) for number in range(4)] == [
            (number + 1, number + 1, True) for number in range(4)
        ]


async def test_named_snapshot_survives_thinning_and_is_exact(database_url):
    async with scoring(database_url, NOW) as it:
        await tell_hourly(it, NOW, 5)
        noon = NOW + 2 * HOUR + HOUR / 2
        await snapshots.keep(it.pool, "before-the-board", noon)
        before = await exported(it, noon)
        await history_repository.thin(it.pool, NOW + 2 * DAY)
        assert await exported(it, noon) == before
        assert await snapshots.resolve(it.pool, "before-the-board", NOW + DAY) == noon
        assert await count_at(it, noon) == (3, 3, True)
        assert await count_at(it, noon + HOUR) == (3, 3, False)
        await snapshots.drop(it.pool, "before-the-board")
        assert await snapshots.listed(it.pool) == []


async def test_comparison_names_the_figures_and_their_revisions(database_url):
    async with scoring(database_url, NOW) as it:
        await tell_hourly(it, NOW, 3)
        stream = io.StringIO()
        found = await snapshots.compare(it.pool, NOW, NOW + 2 * HOUR, "12345", report_in("json", stream))
        changed = {
            (row["indicator_code"], row["period_kind"]): row
            for row in json.loads(stream.getvalue())["rows"]
            if row["indicator_code"] == "experience_count"
        }
        month = changed["experience_count", "month"]
        assert (month["before_revision"], month["after_revision"]) == (1, 3)
        assert (month["before_value"], month["after_value"]) == (1, 3)
        assert month["after_computed_at"] == "2026-03-20T14:00:00Z"
        assert (found.changed > 0, found.appeared) == (True, 0)
        assert (await snapshots.compare(it.pool, NOW, NOW, None, report_in("json", io.StringIO()))).changed == 0


async def test_figures_learnt_from_the_bus_do_not_claim_to_know_what_stood_before(database_url):
    async with scoring(database_url, NOW) as it:
        await tell_hourly(it, NOW, 2)
        async with it.pool.acquire() as connection, connection.transaction():
            learnt = [each.revision async for each in standing(connection, NOW + HOUR, None)]
            await connection.execute("TRUNCATE figures, history")
            await save_figures(connection, learnt, learnt=True)
        _, summary = await exported(it, NOW + HOUR / 2)
        assert (summary.figures, summary.forgotten) == (0, len([each for each in learnt if each.figure.revision > 1]))
        assert await count_at(it, NOW + HOUR) == (2, 2, True)


async def test_history_has_every_column_of_the_figures(database_url):
    async with scoring(database_url, NOW) as it:
        names = {
            table: {
                row[0]
                for row in await it.pool.fetch(
                    "SELECT column_name FROM information_schema.columns WHERE table_name = $1", table
                )
            }
            for table in ("figures", "history")
        }
        assert names["history"] == names["figures"] | {"unknown_since"}
        assert set(COLUMNS) == names["figures"]


async def test_table_export_has_one_column_for_each_part(database_url):
    async with scoring(database_url, NOW) as it:
        await tell_hourly(it, NOW, 1)
        text, summary = await exported(it, NOW, "csv", "12345")
        rows = list(csv.DictReader(io.StringIO(text)))
        assert len(rows) == summary.figures > 0
        count = next(
            row for row in rows if row["indicator_code"] == "experience_count" and row["period_kind"] == "month"
        )
        assert (count["value"], count["period_start"], count["period_end"], count["exact"]) == (
            "1.0",
            "2026-03-01",
            "2026-04-01",
            "true",
        )
        assert (count["interval_low"], count["supersedes"]) == ("", "")


def words(*given):
    parser = argparse.ArgumentParser()
    snapshot_command.describe(parser)
    return parser.parse_args(given)


async def test_command_keeps_lists_compares_and_drops(database_url, tmp_path, capsys):
    async with scoring(database_url, NOW) as it:
        await tell_hourly(it, NOW, 2)
        file = tmp_path / "figures.json"
        asked = ("--as-of", "2026-03-20T13:30:00+01:00", "--keep", "noon", "--format", "json", "--output", str(file))
        assert await snapshot_command.run(it.pool, words(*asked)) == 0
        assert "all exact" in capsys.readouterr().err
        assert {row["revision"] for row in json.loads(file.read_text())["rows"]} == {1}
        assert await snapshot_command.run(it.pool, words("list")) == 0
        assert capsys.readouterr().out.startswith("noon  as of 2026-03-20T12:30:00Z")
        assert await snapshot_command.run(it.pool, words("compare", "noon", "2026-03-20")) == 0
        assert "12345 experience_count month 2026-03-01 before_revision=1" in capsys.readouterr().out
        assert await snapshot_command.run(it.pool, words("drop", "noon")) == 0


@pytest.mark.parametrize("asked", [("--as-of", "9999-01-01"), ("--as-of", "nobody"), ("drop", "nobody"), ()])
async def test_command_without_an_answer_says_why(database_url, capsys, asked):
    async with scoring(database_url, NOW) as it:
        assert await snapshot_command.run(it.pool, words(*asked)) == 2
        assert capsys.readouterr().err


async def test_name_of_another_instant_is_refused(database_url):
    async with scoring(database_url, NOW) as it:
        await snapshots.keep(it.pool, "board", NOW)
        await snapshots.keep(it.pool, "board", NOW)
        for name in ("board", "Not a name"):
            with pytest.raises(snapshots.SnapshotRefused):
                await snapshots.keep(it.pool, name, NOW + HOUR)
