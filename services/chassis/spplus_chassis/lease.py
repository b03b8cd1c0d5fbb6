"""A lease: one owner at a time, known by a token that grows at every take-over.

A row with an expiry rather than an advisory lock, since a half-open connection can hold such a lock for long.
"""

import time
from uuid import uuid4

from spplus_chassis.database import Connection, Pool

_TAKE = """
INSERT INTO leases AS held (name, holder, token, expires_at)
VALUES ($1, $2, 1, clock_timestamp() + make_interval(secs => $3))
ON CONFLICT (name) DO UPDATE
SET holder = excluded.holder, token = held.token + 1, expires_at = excluded.expires_at
WHERE held.expires_at < clock_timestamp() OR ($4 AND split_part(held.holder, '/', 1) = split_part($2, '/', 1))
RETURNING token
"""
_RENEW = """
UPDATE leases SET expires_at = clock_timestamp() + make_interval(secs => $3)
WHERE name = $1 AND token = $2 RETURNING token
"""
# The row stays: were it deleted, tokens would begin anew, and one that slept through it all could find its own again.
_RELEASE = "UPDATE leases SET expires_at = '-infinity' WHERE name = $1 AND token = $2"


class LeaseLost(Exception):  # noqa: N818 - it is a fact of life, not an error
    """Another process has taken over."""


class Lease:
    """One process' claim to a role. Not shared between tasks."""

    def __init__(self, pool: Pool, name: str, instance: str, *, seconds: float = 5.0) -> None:
        self.token: int | None = None
        self._pool = pool
        self._name = name
        self._holder = f"{instance}/{uuid4().hex}"
        self._seconds = seconds
        self._renew_at = 0.0
        # A process that comes back under its replica's name need not wait for the lease of its dead self. Only once:
        # a paused twin that wakes must not take the role back.
        self._may_succeed_itself = True

    async def hold(self) -> bool:
        """Take or keep the role; cheap to call often. False: another holds it."""
        if self.token is not None:
            if time.monotonic() < self._renew_at:
                return True
            self.token = await self._pool.fetchval(_RENEW, self._name, self.token, self._seconds)
        if self.token is None:
            self.token = await self._pool.fetchval(
                _TAKE, self._name, self._holder, self._seconds, self._may_succeed_itself
            )
            self._may_succeed_itself = False
        self._renew_at = time.monotonic() + self._seconds / 3
        return self.token is not None

    async def assert_held(self, connection: Connection) -> None:
        """Lock the lease's row until the end of the transaction. Raises `LeaseLost` where another has the role."""
        token = await connection.fetchval("SELECT token FROM leases WHERE name = $1 FOR SHARE", self._name)
        if self.token is None or token != self.token:
            self.token = None
            raise LeaseLost(self._name)

    async def release(self) -> None:
        """Let another process take over at once."""
        if self.token is not None:
            await self._pool.execute(_RELEASE, self._name, self.token)
            self.token = None
