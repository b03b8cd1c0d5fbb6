"""After a change of seal keys: everything sealed that stands in the database, wherever, is sealed with the newest."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

import structlog

from spplus_chassis.database import Pool
from spplus_notifier.sealing import SealedBy, Sealer

log = structlog.get_logger()

_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Column:
    """A column that holds sealed secrets, or nothing."""

    table: str
    key: str
    """The table's primary key."""
    name: str
    key_type: str = "uuid"

    def __str__(self) -> str:
        return f"{self.table}.{self.name}"


COLUMNS: Final = (
    Column("webhooks", "webhook_id", "sealed_secret"),
    Column("webhooks", "webhook_id", "sealed_old_secret"),
    Column("webhook_keys", "key_id", "sealed_contact", key_type="bigint"),
    Column("follow_ups", "follow_up_id", "sealed_recipient"),
    Column("mail_subscriptions", "subscription_id", "sealed_recipient"),
    Column("mails", "mail_id", "sealed_recipient"),
)
"""All there are."""


async def reseal(pool: Pool, sealer: Sealer) -> int:
    """Seal with the newest key what stands under an older one; how many. What cannot be opened stays as it is."""
    done = 0
    for column in COLUMNS:
        async for page in _pages(pool, column):
            old = [(key, sealed) for key, sealed in page if sealer.sealed_by(sealed) is SealedBy.OLDER]
            async with pool.acquire() as connection, connection.transaction():
                # What changed since it was read was sealed by whoever changed it.
                await connection.executemany(
                    f"UPDATE {column.table} SET {column.name} = $3 "  # noqa: S608 - fixed names
                    f"WHERE {column.key} = $1::text::{column.key_type} AND {column.name} = $2",
                    [(key, sealed, sealer.reseal(sealed)) for key, sealed in old],
                )
            done += len(old)
    if done:
        log.info("resealed", rows=done)
    return done


async def standing(pool: Pool, sealer: Sealer) -> dict[Column, Counter[SealedBy]]:
    """How much of each column stands under which key."""
    return {
        column: Counter([sealer.sealed_by(sealed) async for page in _pages(pool, column) for _, sealed in page])
        for column in COLUMNS
    }


async def _pages(pool: Pool, column: Column) -> AsyncIterator[list[tuple[str, bytes]]]:
    after: str | None = None
    while True:
        rows = await pool.fetch(
            f"SELECT {column.key}::text, {column.name} FROM {column.table} "  # noqa: S608 - fixed names
            f"WHERE {column.name} <> '' AND ($1::text IS NULL OR {column.key} > $1::text::{column.key_type}) "
            f"ORDER BY {column.table}.{column.key} LIMIT {_PAGE}",
            after,
        )
        if rows:
            after = rows[-1][0]
            yield [(key, sealed) for key, sealed in rows]
        if len(rows) < _PAGE:
            return
