"""Subscribing to the figures of a structure: asking, consent, end. Nothing here says whether an address is known."""

import json
from datetime import date, timedelta
from typing import Final

from spplus_chassis.database import Connection
from spplus_chassis.outbox import new_id
from spplus_notifier.mail.follow_ups import ADDRESS_LOCK, CONFIRM_WITHIN, MOST_ASKED_OF_ADDRESS
from spplus_notifier.mail.recipients import AddressMark, Recipient, hash_of_code
from spplus_notifier.sealing import Sealer
from spplus_notifier.structure_queries import Structure

MOST_ASKED_AN_HOUR: Final = 500
"""Mails that ask for consent, to all addresses together: this door needs no ticket."""
_ASKED: Final = """
SELECT
    (SELECT count(*) FROM opt_in_mails WHERE asked_at > now() - interval '1 hour') AS of_all,
    (SELECT count(*) FROM opt_in_mails WHERE address_hash = $1 AND asked_at > now() - interval '1 day') AS of_address
"""
# Asked again, the older link has ended: the newest mail is the one that counts.
_INSERT: Final = """
INSERT INTO mail_subscriptions AS s (subscription_id, structure_code, address_hash, sealed_recipient, code_hash)
VALUES ($1::uuid, $2, $3, $4, $5)
ON CONFLICT (structure_code, address_hash) DO UPDATE SET
    sealed_recipient = excluded.sealed_recipient, code_hash = excluded.code_hash, asked_at = now()
WHERE s.state = 'asked'
RETURNING subscription_id::text
"""
_MAIL: Final = """
INSERT INTO mails (mail_id, kind, cause, subscription_id, sealed_recipient, parameters)
VALUES ($1::uuid, $2, $3, $4::uuid, $5, $6) ON CONFLICT (cause) DO NOTHING
"""
_CONFIRM: Final = """
UPDATE mail_subscriptions SET state = 'confirmed', confirmed_at = coalesce(confirmed_at, now()),
    told_week = coalesce(told_week, $3)
WHERE code_hash = $1 AND (state = 'confirmed' OR asked_at > now() - $2::interval)
RETURNING structure_code
"""
ASKED_AGAIN_AFTER: Final = timedelta(days=365)
KEEP_WITHIN: Final = timedelta(days=30)
_ASK_AGAIN: Final = """
WITH due AS (
    SELECT subscription_id, sealed_recipient, coalesce(kept_at, confirmed_at) AS since,
        json_build_object('code', c.code, 'name', c.name)::text AS told
    FROM mail_subscriptions AS s JOIN structures AS c ON c.code = s.structure_code
    WHERE state = 'confirmed' AND coalesce(kept_at, confirmed_at) < now() - $1::interval AND asked_again_at IS NULL
    ORDER BY since LIMIT $2 FOR UPDATE OF s SKIP LOCKED
), told AS (
    INSERT INTO mails (mail_id, kind, cause, subscription_id, sealed_recipient, parameters)
    SELECT gen_random_uuid(), 'keep_subscription', subscription_id || '|keep|' || since, subscription_id,
        sealed_recipient, told FROM due
    ON CONFLICT (cause) DO NOTHING
)
UPDATE mail_subscriptions AS s SET asked_again_at = now() FROM due WHERE s.subscription_id = due.subscription_id
"""
_MOST_ASKED_AGAIN: Final = 500
_END_UNKEPT: Final = """
WITH ended AS (
    DELETE FROM mail_subscriptions WHERE asked_again_at < now() - $1::interval RETURNING subscription_id
)
DELETE FROM mails USING ended WHERE mails.subscription_id = ended.subscription_id AND state IN ('waiting', 'uncertain')
"""
_KEEP: Final = """
UPDATE mail_subscriptions SET kept_at = now(), asked_again_at = NULL WHERE code_hash = $1 AND state = 'confirmed'
RETURNING structure_code
"""


class TooManyError(Exception):
    """So many ask for consent in this hour that nobody is asked."""


async def ask(connection: Connection, sealer: Sealer, mark: AddressMark, structure: Structure, address: str) -> bool:
    """Ask the address for its consent, in a transaction of its own; whether a mail waits now. Raises `TooManyError`."""
    marked, recipient = mark.of(address), Recipient.new(address)
    async with connection.transaction():
        await connection.execute(ADDRESS_LOCK, marked)
        asked = await connection.fetchrow(_ASKED, marked)
        if asked is None or asked["of_all"] >= MOST_ASKED_AN_HOUR:
            raise TooManyError
        if asked["of_address"] >= MOST_ASKED_OF_ADDRESS:
            return False
        sealed, code_hash = recipient.sealed(sealer), hash_of_code(recipient.code)
        found = await connection.fetchval(_INSERT, new_id(), structure.code, marked, sealed, code_hash)
        if found is None:
            return False
        await connection.execute("INSERT INTO opt_in_mails (address_hash) VALUES ($1)", marked)
        mail_id = new_id()
        told = json.dumps({"code": structure.code, "name": structure.name})
        cause = f"{found}|confirm|{mail_id}"
        await connection.execute(_MAIL, mail_id, "confirm_subscription", cause, found, sealed, told)
    return True


async def confirm(connection: Connection, code: str, week: date) -> str | None:
    """Consent given by the button; the structure's code. `week` is the Monday whose digest is past."""
    found: str | None = await connection.fetchval(_CONFIRM, hash_of_code(code), CONFIRM_WITHIN, week)
    return found


async def keep(connection: Connection, code: str) -> str | None:
    """Consent for another year, given by the button; the structure's code."""
    found: str | None = await connection.fetchval(_KEEP, hash_of_code(code))
    return found


async def ask_again(connection: Connection) -> None:
    """Ask those whose year has passed, end those that were asked and did not answer; in the caller's transaction."""
    await connection.execute(_ASK_AGAIN, ASKED_AGAIN_AFTER, _MOST_ASKED_AGAIN)
    await connection.execute(_END_UNKEPT, KEEP_WITHIN)


async def end(connection: Connection, code: str) -> None:
    """No more mails, in a transaction of its own: the address and what waits for it are deleted."""
    async with connection.transaction():
        found = await connection.fetchval(
            "DELETE FROM mail_subscriptions WHERE code_hash = $1 RETURNING subscription_id", hash_of_code(code)
        )
        await connection.execute(
            "DELETE FROM mails WHERE subscription_id = $1 AND state IN ('waiting', 'uncertain')", found
        )
