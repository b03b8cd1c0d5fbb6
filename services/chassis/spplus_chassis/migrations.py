"""Forward-only migrations: numbered SQL files, applied once each, in order, and never edited afterwards."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

import asyncpg

from spplus_chassis.database import Connection

_LOCK = 0x53505055
_CHASSIS = "spplus_chassis"


class MigrationError(RuntimeError):
    """An applied migration was edited, or the database is newer than the code."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of SQL."""

    name: str
    """``package/NNNN_name.sql``."""
    sql: str

    @property
    def checksum(self) -> str:
        """Fingerprint of the text."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations_of(package: str) -> list[Migration]:
    """The chassis' own migrations, then the package's, each in the order of their numbers."""
    return [migration for name in dict.fromkeys((_CHASSIS, package)) for migration in _files(name)]


def _files(package: str) -> Iterator[Migration]:
    folder = resources.files(package) / "sql"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".sql"):
            yield Migration(f"{package}/{file.name}", file.read_text(encoding="utf-8"))


async def migrate(database_url: str, package: str, *, schema: str | None = None) -> list[str]:
    """Apply what is missing, in the role's own schema or another one, and return the names. Raises `MigrationError`."""
    elsewhere = {} if schema is None else {"search_path": schema}
    connection = await asyncpg.connect(database_url, server_settings=elsewhere)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations "
            "(name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        missing = await pending(connection, package)
        for migration in missing:
            async with connection.transaction():
                await connection.execute(migration.sql)
                await connection.execute(
                    "INSERT INTO migrations (name, checksum) VALUES ($1, $2)", migration.name, migration.checksum
                )
        return [migration.name for migration in missing]
    finally:
        await connection.close()


async def pending(connection: Connection, package: str) -> list[Migration]:
    """Migrations that the database lacks. Raises `MigrationError` where an applied one differs from its file."""
    rows = await connection.fetch("SELECT name, checksum FROM migrations")
    applied = {row["name"]: row["checksum"] for row in rows}
    known = migrations_of(package)
    for migration in known:
        if applied.get(migration.name, migration.checksum) != migration.checksum:
            raise MigrationError(f"{migration.name} was edited after it had been applied")
    newer = sorted(set(applied) - {migration.name for migration in known})
    if newer:
        raise MigrationError(f"the database is newer than this version: {', '.join(newer)}")
    return [migration for migration in known if migration.name not in applied]
