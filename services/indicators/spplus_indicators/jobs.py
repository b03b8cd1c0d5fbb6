"""What the clock sets off: deadlines pass, days turn, periods end."""

from datetime import datetime

from spplus_chassis.database import Pool
from spplus_indicators import handlers, structures
from spplus_indicators.periods import day_of


async def sweep(pool: Pool, now: datetime) -> int:
    """Count everything as of now; returns how many requests became late."""
    late = 0
    while True:
        async with pool.acquire() as connection, connection.transaction():
            count = await handlers.sweep(connection, now)
        late += count
        if count < handlers.SWEEP_ROWS:
            return late


async def turn_day(pool: Pool, now: datetime) -> bool:
    """Let the tree of today stand; returns whether it differs from the last one."""
    async with pool.acquire() as connection, connection.transaction():
        return await structures.turn_day(connection, day_of(now))
