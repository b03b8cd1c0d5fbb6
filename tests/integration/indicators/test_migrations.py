"""A database of the first release comes along: its counts are pooled, and what waited is told."""

import json
from datetime import date
from importlib.resources import files

import asyncpg
import pytest

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

MARCH = date(2026, 3, 1)
OLD = """
INSERT INTO structures (code, version, told_at, told_id, parents, not_applicable)
SELECT code, 1, now(), code, '[]', '{}' FROM unnest(ARRAY['root', 'office']) AS code;
INSERT INTO closure SELECT *, '0001-01-01', '9999-12-01' FROM unnest(ARRAY['root', 'office', 'root'],
    ARRAY['root', 'office', 'office']);
INSERT INTO tallies VALUES ('root', '2026-03-01', 'positive', 1), ('office', '2026-03-01', 'positive', 2),
    ('office', '2026-03-01', 'delay:3', 1), ('nobody', '2026-03-01', 'positive', 7);
INSERT INTO marks (structure_code, month, measures) VALUES ('office', '2026-03-01', ARRAY['positive']);
"""


def sql(package: str) -> list[str]:
    return [each.read_text() for each in sorted((files(package) / "sql").iterdir(), key=lambda file: file.name)]


async def test_counts_of_the_first_release_are_pooled_and_queued(database_url):
    connection = await asyncpg.connect(database_url)
    try:
        first, *later = sql("spplus_indicators")
        for statement in (*sql("spplus_chassis"), first, OLD, *later):
            await connection.execute(statement)
        tallies = {row["structure_code"]: row for row in await connection.fetch("SELECT * FROM tallies")}
        assert json.loads(tallies["root"]["own"]) == {"positive": 1}
        assert json.loads(tallies["root"]["pooled"]) == {"positive": 3, "delay:3": 1}
        assert json.loads(tallies["office"]["pooled"]) == {"positive": 2, "delay:3": 1}
        assert json.loads(tallies["nobody"]["own"]) == {"positive": 7}
        assert json.loads(tallies["nobody"]["pooled"]) == {}
        queued = await connection.fetch("SELECT structure_code, longer, measures FROM publication_queue ORDER BY 1, 2")
        assert [(row["structure_code"], row["longer"]) for row in queued] == [
            ("office", False),
            ("office", True),
            ("root", False),
            ("root", True),
        ]
        assert all("positive" in row["measures"] for row in queued)
        assert await connection.fetchval("SELECT count(*) FROM marks") == 0
    finally:
        await connection.close()
