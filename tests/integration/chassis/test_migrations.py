"""Migrations are applied once, in order, and noticed when edited."""

import asyncio

import asyncpg
import pytest

from spplus_chassis import migrations
from spplus_chassis.migrations import MigrationError, migrate

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


async def test_migrate_twice_applies_once(make_database):
    dsn = make_database()
    assert await migrate(dsn, "spplus_chassis")
    assert await migrate(dsn, "spplus_chassis") == []


async def test_migrate_from_two_processes_at_once_applies_each_file_once(make_database):
    dsn = make_database()
    applied = await asyncio.gather(migrate(dsn, "spplus_chassis"), migrate(dsn, "spplus_chassis"))
    assert sorted(map(bool, applied)) == [False, True]


async def test_migrate_after_an_edit_is_refused(make_database):
    dsn = make_database()
    await migrate(dsn, "spplus_chassis")
    connection = await asyncpg.connect(dsn)
    await connection.execute("UPDATE migrations SET checksum = 'other'")
    with pytest.raises(MigrationError, match="was edited"):
        await migrations.pending(connection, "spplus_chassis")
    await connection.close()


async def test_migrate_of_a_newer_database_is_refused(make_database):
    dsn = make_database()
    await migrate(dsn, "spplus_chassis")
    connection = await asyncpg.connect(dsn)
    await connection.execute("INSERT INTO migrations VALUES ('spplus_chassis/9999_later.sql', 'x', now())")
    await connection.close()
    with pytest.raises(MigrationError, match="newer"):
        await migrate(dsn, "spplus_chassis")
