"""How often somebody may try to sign in. Attempts are counted before anything is verified, so that none runs beside.

Three counts within a quarter of an hour: for this login from this address, for this address, for this login from all
addresses. The last is wide: at fifteen characters it stops nobody's guesses any worse, and it keeps a stranger from
locking an account for others. A login that does not exist is counted like one that does.
"""

import hmac
import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from spplus_chassis.database import Connection

WINDOW: Final = timedelta(minutes=15)
_MOST_TOGETHER: Final = 5
_MOST_ADDRESS: Final = 40
_MOST_LOGIN: Final = 100
_KEPT: Final = timedelta(days=2)
_SHORT_BYTES: Final = 16
_COUNT: Final = """
INSERT INTO sign_in_attempts (bucket, began_at, attempts)
SELECT bucket, $2, 1 FROM unnest($1::bytea[]) AS bucket ORDER BY bucket
ON CONFLICT (bucket, began_at) DO UPDATE SET attempts = sign_in_attempts.attempts + 1
RETURNING bucket, attempts
"""
_GIVE_BACK: Final = """
UPDATE sign_in_attempts SET attempts = attempts - 1
WHERE began_at = $2 AND bucket = ANY ($1::bytea[]) AND attempts > 0
"""
_SALT: Final = """
WITH made AS (INSERT INTO sign_in_salts VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING salt)
SELECT salt FROM made UNION ALL SELECT salt FROM sign_in_salts WHERE day = $1
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that was counted."""

    buckets: Sequence[bytes]
    began_at: datetime
    allowed: bool
    wait_seconds: int
    """Until counting begins anew."""


async def count_attempt(connection: Connection, login: str, address: str, now: datetime) -> Attempt:
    """Count an attempt and say whether it may go on."""
    salt = await _salt(connection, now)
    place = _network(address)
    limits = {
        _bucket(salt, "together", place, login): _MOST_TOGETHER,
        _bucket(salt, "address", place): _MOST_ADDRESS,
        _bucket(salt, "login", login): _MOST_LOGIN,
    }
    began_at = now - timedelta(seconds=now.timestamp() % WINDOW.total_seconds())
    rows = await connection.fetch(_COUNT, list(limits), began_at)
    allowed = all(row["attempts"] <= limits[bytes(row["bucket"])] for row in rows)
    return Attempt(list(limits), began_at, allowed, int((began_at + WINDOW - now).total_seconds()) + 1)


async def give_back(connection: Connection, attempt: Attempt) -> None:
    """Count an attempt no more: it was right."""
    await connection.execute(_GIVE_BACK, attempt.buckets, attempt.began_at)


async def forget_attempts(connection: Connection, now: datetime) -> None:
    """Delete what no window counts any more, and the salts without which nothing can be recognised."""
    await connection.execute("DELETE FROM sign_in_attempts WHERE began_at <= $1", now - WINDOW)
    await connection.execute("DELETE FROM sign_in_salts WHERE day <= $1", (now - _KEPT).date())


async def _salt(connection: Connection, now: datetime) -> bytes:
    for _ in range(2):  # a salt that another process makes in this moment is seen by the next statement
        salt: bytes | None = await connection.fetchval(_SALT, now.date(), secrets.token_bytes(_SHORT_BYTES * 2))
        if salt is not None:
            return salt
    raise RuntimeError("a day's salt was made and cannot be seen")


def _bucket(salt: bytes, *words: str) -> bytes:
    return hmac.digest(salt, "\x00".join(words).encode(), "sha256")[:_SHORT_BYTES]


def _network(address: str) -> str:
    """An IPv4 address, or the network of an IPv6 one: a household or an office has a whole network of those."""
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(read, ipaddress.IPv6Address) and read.ipv4_mapped is None:
        return str(ipaddress.ip_network((read, 64), strict=False))
    return str(getattr(read, "ipv4_mapped", None) or read)
