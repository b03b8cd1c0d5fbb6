"""The official files, read again from the topics: every published figure comes out as it was."""

import asyncio
import json
from datetime import UTC, datetime

import asyncpg
import pytest

from tests.support.waiting import eventually

# The first test pays for the imports.
pytestmark = [pytest.mark.open_data, pytest.mark.timeout(600)]

MOMENTS = {"computed_at", "revision", "supersedes", "exact"}
RUIN = """
UPDATE figures SET n = n + 1, value = value / 2, revision = revision + 1;
INSERT INTO history SELECT *, NULL FROM figures;
UPDATE tallies SET own = '{}', pooled = '{"experiences":1}';
DELETE FROM ledger WHERE request_id < 'k';
DELETE FROM closure WHERE ancestor <> descendant
"""
WAITING = """
SELECT (SELECT count(*) FROM marks) + (SELECT count(*) FROM publication_queue) + (SELECT count(*) FROM outbox)
"""


def on_database(platform, work):
    async def run():
        connection = await asyncpg.connect(platform.setting("SPPLUS_INDICATORS_DATABASE_URL"))
        try:
            return await work(connection)
        finally:
            await connection.close()

    return asyncio.run(run())


def come_to_rest(platform):
    async def rest(connection):
        async def ask():
            return await connection.fetchval(WAITING) == 0

        await eventually(ask, "nothing waits for the publisher or the relay", seconds=120)

    on_database(platform, rest)


def published(platform):
    """Every figure that stands, byte by byte, without when and how often it was told."""
    text = platform.command(
        "spplus-indicators", "snapshot", "--as-of", datetime.now(UTC).isoformat(), "--format", "json"
    )
    return sorted(
        json.dumps({name: value for name, value in row.items() if name not in MOMENTS})
        for row in json.loads(text)["rows"]
    )


def test_rebuild_from_the_topics_gives_every_figure_byte_by_byte(imported):
    come_to_rest(imported)
    before = published(imported)
    assert len(before) > 50
    on_database(imported, lambda connection: connection.execute(RUIN))
    assert published(imported) != before
    said = json.loads(imported.command("spplus-indicators", "rebuild", "--from-topics", "--json"))
    assert (said["rows"], said["figures"], said["letters_refused"]) == (800, len(before), 0)
    come_to_rest(imported)
    assert published(imported) == before
    assert imported.command("spplus-indicators", "audit") == "0 differences\n"


def test_rebuild_from_the_topics_of_what_is_right_publishes_nothing(imported):
    come_to_rest(imported)
    before = on_database(imported, lambda connection: connection.fetch("SELECT * FROM figures ORDER BY 1, 2, 3, 4"))
    said = json.loads(imported.command("spplus-indicators", "rebuild", "--from-topics", "--json"))
    assert (said["rows"], said["rows_before"], said["figures"]) == (800, 800, 0)
    come_to_rest(imported)
    after = on_database(imported, lambda connection: connection.fetch("SELECT * FROM figures ORDER BY 1, 2, 3, 4"))
    assert after == before
