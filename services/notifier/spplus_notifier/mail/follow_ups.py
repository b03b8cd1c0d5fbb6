"""Asking to be told, confirming, ending. Nothing here says whether an address is known."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from spplus_chassis.database import Connection
from spplus_chassis.outbox import new_id
from spplus_notifier import endings
from spplus_notifier.endings import LOCK, Ending
from spplus_notifier.mail.recipients import AddressMark, Recipient, hash_of_code
from spplus_notifier.mail.tickets import Ticket
from spplus_notifier.sealing import Sealer

MOST_ASKED_OF_ADDRESS: Final = 2
"""Mails a day that ask one address for its consent."""
MOST_ASKED_OF_STORY: Final = 5
"""Addresses a day for one story."""
CONFIRM_WITHIN: Final = timedelta(days=3)
_STORY_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended($1, 30))"
ADDRESS_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 31))"
_ASKED: Final = """
SELECT
    (SELECT count(*) FROM follow_ups WHERE feedback_id = $1 AND asked_at > now() - interval '1 day') AS of_story,
    (SELECT count(*) FROM opt_in_mails WHERE address_hash = $2 AND asked_at > now() - interval '1 day') AS of_address,
    EXISTS (SELECT FROM follow_ups WHERE feedback_id = $1 AND state = 'confirmed') AS confirmed,
    EXISTS (SELECT FROM follow_ups WHERE ticket_id = $3::uuid) AS repeated
"""
_INSERT: Final = """
INSERT INTO follow_ups (follow_up_id, ticket_id, feedback_id, sealed_recipient, code_hash)
VALUES ($1::uuid, $2::uuid, $3, $4, $5)
"""
_REQUESTS: Final = """
INSERT INTO followed_requests (follow_up_id, request_id, outcome)
SELECT $1::uuid, r, ended.outcome FROM unnest($2::text[]) AS r LEFT JOIN ended_requests AS ended ON request_id = r
"""
_MAIL: Final = """
INSERT INTO mails (mail_id, kind, cause, follow_up_id, sealed_recipient)
VALUES ($1::uuid, $2, $3, $4::uuid, $5) ON CONFLICT (cause) DO NOTHING
"""
_CONFIRM: Final = """
UPDATE follow_ups AS f SET state = 'confirmed', confirmed_at = now()
WHERE code_hash = $1 AND state = 'asked' AND asked_at > now() - $2::interval
  AND NOT EXISTS (SELECT FROM follow_ups AS o WHERE o.feedback_id = f.feedback_id AND o.state = 'confirmed')
RETURNING follow_up_id
"""


async def ask(connection: Connection, sealer: Sealer, mark: AddressMark, ticket: Ticket, address: str) -> bool:
    """Ask the address for its consent, in a transaction of its own; whether a mail waits now (for tests and metrics).

    Nothing is sent for a ticket that was used, a story that has a confirmed address, or beyond the limits of a day.
    """
    marked = mark.of(address)
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock_shared($1)", LOCK)
        await connection.execute(_STORY_LOCK, ticket.feedback_id)
        await connection.execute(ADDRESS_LOCK, marked)
        asked = await connection.fetchrow(_ASKED, ticket.feedback_id, marked, ticket.ticket_id)
        if asked is None or asked["confirmed"] or asked["repeated"]:
            return False
        if asked["of_story"] >= MOST_ASKED_OF_STORY or asked["of_address"] >= MOST_ASKED_OF_ADDRESS:
            return False
        if await _taken_back(connection, ticket.request_ids):
            return False
        recipient, follow_up_id = Recipient.new(address), new_id()
        sealed = recipient.sealed(sealer)
        row = (follow_up_id, ticket.ticket_id, ticket.feedback_id, sealed, hash_of_code(recipient.code))
        await connection.execute(_INSERT, *row)
        await connection.execute(_REQUESTS, follow_up_id, list(ticket.request_ids))
        await connection.execute("INSERT INTO opt_in_mails (address_hash) VALUES ($1)", marked)
        await connection.execute(_MAIL, new_id(), "confirm", f"{follow_up_id}|confirm", follow_up_id, sealed)
    return True


async def confirm(connection: Connection, code: str) -> bool:
    """Consent given by the button, in a transaction of its own; tells at once what ended meanwhile.

    Again true for one that is confirmed; false for a code that is unknown, too old, or came after another address.
    """
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock_shared($1)", LOCK)
        story = await connection.fetchrow(
            "SELECT feedback_id, state FROM follow_ups WHERE code_hash = $1", hash_of_code(code)
        )
        if story is None:
            return False
        await connection.execute(_STORY_LOCK, story["feedback_id"])
        found = await connection.fetchval(_CONFIRM, hash_of_code(code), CONFIRM_WITHIN)
        if found is None:
            state = await connection.fetchval("SELECT state FROM follow_ups WHERE code_hash = $1", hash_of_code(code))
            return state in {"confirmed", "ended"}
        await endings.tell(connection, [found])
    return True


async def end(connection: Connection, code: str) -> None:
    """No more mails, in a transaction of its own: the address and what waits for it are deleted."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock_shared($1)", LOCK)
        follow_up_id = await connection.fetchval(
            "DELETE FROM follow_ups WHERE code_hash = $1 RETURNING follow_up_id", hash_of_code(code)
        )
        await connection.execute(
            "DELETE FROM mails WHERE follow_up_id = $1 AND state IN ('waiting', 'uncertain')", follow_up_id
        )


async def _taken_back(connection: Connection, request_ids: Sequence[str]) -> bool:
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM ended_requests WHERE request_id = ANY($1::text[]) AND outcome = $2)",
        list(request_ids),
        Ending.AUTHOR.value,
    )
    return found
