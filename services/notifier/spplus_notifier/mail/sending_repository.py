"""The SQL of sending. A mail is marked before its message goes out: what was marked is never sent by itself again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from spplus_chassis.database import Connection, Pool

_CLAIM: Final = """
WITH due AS (
    SELECT mail_id FROM mails
    WHERE state = 'waiting' AND next_try_at <= now() AND (leased_until IS NULL OR leased_until < now())
    ORDER BY kind IN ('digest', 'significant'), next_try_at LIMIT $1 FOR UPDATE SKIP LOCKED
)
UPDATE mails SET lease_token = lease_token + 1, leased_until = now() + $2, attempts = attempts + 1
FROM due WHERE mails.mail_id = due.mail_id
RETURNING mails.mail_id::text, kind, sealed_recipient, parameters, lease_token, attempts, made_at
"""
_MARK: Final = """
UPDATE mails SET state = 'sending', leased_until = now() + $3
WHERE mail_id = $1::uuid AND lease_token = $2 AND state = 'waiting' RETURNING true
"""
# A message that was handed over counts as sent even where its mark has run out meanwhile.
_END: Final = """
UPDATE mails SET state = $3, last_reply = $4, ended_at = now(), leased_until = NULL,
    sealed_recipient = CASE WHEN $3 = 'uncertain' THEN sealed_recipient END
WHERE mail_id = $1::uuid AND lease_token = $2 AND state IN ('waiting', 'sending', 'uncertain')
RETURNING follow_up_id, subscription_id
"""
_AGAIN: Final = """
UPDATE mails SET state = 'waiting', last_reply = $3, next_try_at = now() + $4, leased_until = NULL
WHERE mail_id = $1::uuid AND lease_token = $2 AND state IN ('waiting', 'sending')
"""
_LEFT: Final = """
UPDATE mails SET state = 'uncertain', ended_at = now(), leased_until = NULL
WHERE state = 'sending' AND leased_until < now() RETURNING mail_id::text
"""
_WAITING: Final = """
SELECT count(*) FILTER (WHERE state = 'uncertain') AS uncertain,
    coalesce(max(extract(epoch FROM now() - made_at)) FILTER (WHERE state IN ('waiting', 'sending')
        AND (last_reply IS NULL OR last_reply < 400)), 0) AS age
FROM mails WHERE state IN ('waiting', 'sending', 'uncertain')
"""
_RESEND: Final = """
UPDATE mails SET state = 'waiting', ended_at = NULL, next_try_at = now()
WHERE mail_id = $1::uuid AND state = 'uncertain' RETURNING true
"""
_DROP: Final = """
UPDATE mails SET state = 'dropped', sealed_recipient = NULL WHERE mail_id = $1::uuid AND state = 'uncertain'
RETURNING true
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail that is ours to send for as long as the lease lasts."""

    mail_id: str
    kind: str
    sealed_recipient: bytes
    parameters: str | None
    lease_token: int
    attempts: int
    made_at: datetime


async def claim(pool: Pool, *, most: int, lease: timedelta) -> list[Claimed]:
    """Take mails that are due."""
    return [Claimed(**dict(row)) for row in await pool.fetch(_CLAIM, most, lease)]


async def mark(pool: Pool, mail: Claimed, lease: timedelta) -> bool:
    """Say that its message goes out now; false where it was taken over or is not wanted any more."""
    return bool(await pool.fetchval(_MARK, mail.mail_id, mail.lease_token, lease))


async def finish(pool: Pool, mail: Claimed, state: str, reply: int | None) -> None:
    """Write how it ended. The address goes but where that is uncertain; a bounce ends what the address asked for."""
    async with pool.acquire() as connection, connection.transaction():
        asked_for = await connection.fetchrow(_END, mail.mail_id, mail.lease_token, state, reply)
        if state == "bounced" and asked_for is not None:
            for name, table in (("follow_up_id", "follow_ups"), ("subscription_id", "mail_subscriptions")):
                for gone in (table, "mails"):
                    condition = f"{name} = $1" + (" AND state = 'waiting'" if gone == "mails" else "")
                    await connection.execute(
                        f"DELETE FROM {gone} WHERE {condition}",  # noqa: S608 - fixed names
                        asked_for[name],
                    )


async def try_later(pool: Pool, mail: Claimed, reply: int | None, pause: timedelta) -> None:
    """Nothing was sent: let it wait."""
    await pool.execute(_AGAIN, mail.mail_id, mail.lease_token, reply, pause)


async def settle_left(connection: Connection) -> list[str]:
    """Mails whose sender died while the message went out: nobody knows, so they are not sent again."""
    return [row["mail_id"] for row in await connection.fetch(_LEFT)]


async def measure(pool: Pool) -> Mapping[str, float]:
    """How many are uncertain, and the age in seconds of the oldest that waits without a refusal."""
    row = await pool.fetchrow(_WAITING)
    return {} if row is None else {name: float(row[name]) for name in ("uncertain", "age")}


async def uncertain(pool: Pool) -> list[tuple[str, str, datetime]]:
    """Id, kind and time of those that nobody knows about, oldest first."""
    rows = await pool.fetch("SELECT mail_id::text, kind, made_at FROM mails WHERE state = 'uncertain' ORDER BY made_at")
    return [(row["mail_id"], row["kind"], row["made_at"]) for row in rows]


async def decide(pool: Pool, mail_id: str, *, send: bool) -> bool:
    """Send an uncertain mail once more, or leave it; whether there was such a mail."""
    return bool(await pool.fetchval(_RESEND if send else _DROP, mail_id))
