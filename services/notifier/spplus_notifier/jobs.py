"""What the notifier does by the clock."""

from datetime import UTC, datetime, timedelta

import structlog

from spplus_chassis.database import Pool
from spplus_notifier.repository import prune_changes

log = structlog.get_logger()


async def prune(pool: Pool, *, kept: timedelta, keep_changes: int) -> None:
    """Thin the log of changes beyond what readers may resume from."""
    async with pool.acquire() as connection, connection.transaction():
        deleted = await prune_changes(connection, before=datetime.now(UTC) - kept, keep=keep_changes)
    if deleted:
        log.info("changes_pruned", rows=deleted)
