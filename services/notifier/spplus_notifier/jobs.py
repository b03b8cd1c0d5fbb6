"""What the notifier does by the clock."""

from datetime import UTC, datetime, timedelta

import structlog

from spplus_chassis import metrics
from spplus_chassis.database import Pool
from spplus_notifier import resealing
from spplus_notifier.repository import prune_changes
from spplus_notifier.sealing import SealedBy, Sealer

log = structlog.get_logger()


async def prune(pool: Pool, *, kept: timedelta, keep_changes: int) -> None:
    """Thin the log of changes beyond what readers may resume from."""
    async with pool.acquire() as connection, connection.transaction():
        deleted = await prune_changes(connection, before=datetime.now(UTC) - kept, keep=keep_changes)
    if deleted:
        log.info("changes_pruned", rows=deleted)


async def reseal(pool: Pool, sealer: Sealer) -> None:
    """Seal anew what stands under an older key, and measure what still does."""
    await resealing.reseal(pool, sealer)
    standing = await resealing.standing(pool, sealer)
    for key in SealedBy:
        metrics.SEALED_ROWS.labels(key.value).set(sum(counted[key] for counted in standing.values()))
