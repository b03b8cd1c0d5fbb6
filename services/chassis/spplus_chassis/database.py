"""The service's own PostgreSQL database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import asyncpg

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
else:
    Connection = asyncpg.Connection
    Pool = asyncpg.Pool

Reader = Pool | Connection
"""What a query that only reads is asked of: any connection, or the one that reads a snapshot."""

UNREACHABLE: Final = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # how asyncpg puts it when an idle connection was cut by the server
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
)
"""Faults of the infrastructure: the same work may succeed later."""

_MOST_IDLE_SECONDS: Final = 10
"""A process that is paused in the middle of a transaction holds its locks no longer than that."""


async def open_pool(url: str, size: int, *, search_path: str | None = None) -> Pool:
    """A pool that connects when first used, so that a service starts while its database is away.

    `search_path` names the schemas in which tables are looked up; without it, the role's own.
    """
    elsewhere = {} if search_path is None else {"search_path": search_path}
    return await asyncpg.create_pool(
        url,
        min_size=0,
        max_size=size,
        timeout=5,
        command_timeout=60,
        server_settings={
            "timezone": "UTC",
            "application_name": "spplus",
            "idle_in_transaction_session_timeout": f"{_MOST_IDLE_SECONDS}s",
            **elsewhere,
        },
    )


@asynccontextmanager
async def snapshot(pool: Pool) -> AsyncIterator[Connection]:
    """A connection whose queries all read the database as it stood at the first of them."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        yield connection
