"""What mails need by the clock: addresses go when their time ends, and are marked anew after a change of keys."""

from datetime import timedelta
from typing import Final

from spplus_chassis.database import Connection, Pool
from spplus_notifier.endings import KEPT_HOURS, LOCK
from spplus_notifier.mail import subscriptions
from spplus_notifier.mail.follow_ups import CONFIRM_WITHIN
from spplus_notifier.mail.recipients import AddressMark, Recipient
from spplus_notifier.sealing import Sealer, UnsealableError

_SUBSCRIBERS: Final = "SELECT subscription_id, sealed_recipient, address_hash FROM mail_subscriptions"
_MARK: Final = """
UPDATE mail_subscriptions AS s SET address_hash = $2 WHERE subscription_id = $1 AND NOT EXISTS (
    SELECT FROM mail_subscriptions AS o WHERE o.structure_code = s.structure_code AND o.address_hash = $2
)
"""
# The last mail and the end of the address, in one statement.
_EXPIRE: Final = """
WITH late AS (
    SELECT follow_up_id, sealed_recipient FROM follow_ups
    WHERE state = 'confirmed' AND confirmed_at < now() - $1::interval FOR UPDATE SKIP LOCKED
), told AS (
    INSERT INTO mails (mail_id, kind, cause, follow_up_id, sealed_recipient)
    SELECT gen_random_uuid(), 'expired', follow_up_id || '|expired', follow_up_id, sealed_recipient FROM late
    ON CONFLICT (cause) DO NOTHING
)
UPDATE follow_ups SET state = 'ended', sealed_recipient = NULL
FROM late WHERE follow_ups.follow_up_id = late.follow_up_id
"""
_FORGET: Final = (
    ("DELETE FROM follow_ups WHERE state = 'asked' AND asked_at < now() - $1::interval", CONFIRM_WITHIN),
    ("DELETE FROM mail_subscriptions WHERE state = 'asked' AND asked_at < now() - $1::interval", CONFIRM_WITHIN),
    ("DELETE FROM ended_requests WHERE heard_at < now() - $1::interval", timedelta(hours=KEPT_HOURS)),
    ("DELETE FROM opt_in_mails WHERE asked_at < now() - $1::interval", timedelta(days=1)),
)
_FORGET_OLD: Final = (
    "DELETE FROM mails WHERE made_at < now() - $1::interval",
    "DELETE FROM follow_ups WHERE state = 'ended' AND asked_at < now() - 2 * $1::interval",
)


async def forget(connection: Connection, kept: timedelta) -> None:
    """Delete what is not needed any more; `kept` is the longest life of an address."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock_shared($1)", LOCK)
        await connection.execute(_EXPIRE, kept)
        await subscriptions.ask_again(connection)
        for statement, age in _FORGET:
            await connection.execute(statement, age)
        for statement in _FORGET_OLD:
            await connection.execute(statement, kept)


async def mark_anew(pool: Pool, sealer: Sealer, mark: AddressMark) -> None:
    """Mark subscribers after a change of keys: marks hang on the key, and an address subscribes once."""
    async with pool.acquire() as connection, connection.transaction():
        async for row in connection.cursor(_SUBSCRIBERS):
            try:
                marked = mark.of(Recipient.opened(sealer, row["sealed_recipient"]).address)
            except UnsealableError:
                continue
            if marked != row["address_hash"]:
                await connection.execute(_MARK, row["subscription_id"], marked)
