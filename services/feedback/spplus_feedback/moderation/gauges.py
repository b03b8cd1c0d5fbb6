"""How much waits for moderators, as Prometheus sees it."""

from datetime import datetime

from spplus_chassis import metrics
from spplus_chassis.database import Pool
from spplus_feedback.moderation.queries import waiting


async def measure(pool: Pool, now: datetime) -> None:
    """Tell what waits, and for how long the oldest has."""
    async with pool.acquire() as connection:
        found = await waiting(connection)
    for queue, what in found.items():
        metrics.MODERATION_WAITING.labels(queue).set(what.stories)
        age = (now - what.since).total_seconds() if what.since else 0.0
        metrics.MODERATION_AGE.labels(queue).set(max(age, 0.0))
