"""A transaction that may be for nothing: a dry run does all the work, so that its counts are true, then undoes it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from spplus_chassis.database import Connection


@asynccontextmanager
async def transaction(connection: Connection, *, dry_run: bool) -> AsyncIterator[None]:
    """Commit at the end, or roll back on an error and after a dry run."""
    begun = connection.transaction()
    await begun.start()
    try:
        yield
    except BaseException:
        await begun.rollback()
        raise
    await (begun.rollback() if dry_run else begun.commit())
