"""What ended of the platform's own requests, as the bus tells it: whoever asked to be told gets a mail."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from spplus_chassis.database import Connection
from spplus_contracts import Event, FeedbackWithdrawn, SingleAnswer
from spplus_contracts.vocabulary import PLATFORM_SOURCE, Outcome, WithdrawalReason

LOCK: Final = 7_310_030
"""Advisory lock: held alone while endings are taken in, shared where somebody begins to follow: none is missed."""
KEPT_HOURS: Final = 25
"""For how long an ending is remembered: a ticket is good for 24 hours."""


class Ending(StrEnum):
    """How a request ended."""

    ANSWERED = "answered"
    CLOSED = "closed"
    MODERATED = "moderated"
    AUTHOR = "author"


_REMEMBER: Final = """
INSERT INTO ended_requests (request_id, outcome)
SELECT * FROM unnest($1::text[], $2::text[]) ORDER BY 1
ON CONFLICT (request_id) DO UPDATE SET outcome = excluded.outcome, heard_at = now()
WHERE excluded.outcome IN ('moderated', 'author')
"""
_NOTE: Final = """
UPDATE followed_requests AS f SET outcome = u.outcome
FROM unnest($1::text[], $2::text[]) AS u (request_id, outcome)
WHERE f.request_id = u.request_id AND f.outcome IS NULL
RETURNING f.follow_up_id
"""
_FORGET_MAILS: Final = """
DELETE FROM mails USING followed_requests AS f
WHERE mails.follow_up_id = f.follow_up_id AND mails.state = 'waiting' AND f.request_id = ANY($1::text[])
"""
_FORGET: Final = """
DELETE FROM follow_ups USING followed_requests AS f
WHERE follow_ups.follow_up_id = f.follow_up_id AND f.request_id = ANY($1::text[])
"""
# One mail for each answer, one for a story that was refused; the unique cause keeps all else out.
_WRITE: Final = """
INSERT INTO mails (mail_id, kind, cause, follow_up_id, sealed_recipient)
SELECT gen_random_uuid(), r.outcome, u.follow_up_id || '|' || CASE WHEN r.outcome = 'moderated' THEN 'story'
        ELSE r.request_id END, u.follow_up_id, u.sealed_recipient
FROM follow_ups AS u JOIN followed_requests AS r USING (follow_up_id)
WHERE u.follow_up_id = ANY($1::uuid[]) AND u.state = 'confirmed' AND r.outcome IS NOT NULL
ON CONFLICT (cause) DO NOTHING
"""
_END: Final = """
UPDATE follow_ups AS u SET state = 'ended', sealed_recipient = NULL
WHERE follow_up_id = ANY($1::uuid[]) AND state = 'confirmed'
  AND NOT EXISTS (SELECT FROM followed_requests AS r WHERE r.follow_up_id = u.follow_up_id AND r.outcome IS NULL)
"""


def ending_of(source: str, event: Event) -> tuple[str, Ending] | None:
    """The request that a statement ends and how, if it is one of the platform's own."""
    if not isinstance(event, SingleAnswer | FeedbackWithdrawn):
        return None
    if (event.request_source or source) != PLATFORM_SOURCE:
        return None
    if isinstance(event, FeedbackWithdrawn):
        refused = event.reason is WithdrawalReason.MODERATION
        return event.request_id, Ending.MODERATED if refused else Ending.AUTHOR
    if event.retracted:
        return None
    ends = _ENDS.get(event.outcome)
    return None if ends is None else (event.request_id, ends)


_ENDS: Final = {Outcome.ANSWERED: Ending.ANSWERED, Outcome.CLOSED_UNANSWERED: Ending.CLOSED}


async def take_in(connection: Connection, ended: Mapping[str, Ending], recent: set[str]) -> None:
    """Note what ended, in the caller's transaction; `recent` are those that a ticket of today may still name."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
    if recent:
        await connection.execute(_REMEMBER, sorted(recent), [ended[request].value for request in sorted(recent)])
    taken_back = [request for request, how in ended.items() if how is Ending.AUTHOR]
    if taken_back:
        await connection.execute(_FORGET_MAILS, taken_back)
        await connection.execute(_FORGET, taken_back)
    told = {request: how.value for request, how in ended.items() if how is not Ending.AUTHOR}
    if told:
        rows = await connection.fetch(_NOTE, list(told), list(told.values()))
        await tell(connection, [row["follow_up_id"] for row in rows])


async def tell(connection: Connection, follow_ups: list[object]) -> None:
    """Write the mails of those that are confirmed, and forget the address where nothing more can come."""
    if follow_ups:
        await connection.execute(_WRITE, follow_ups)
        await connection.execute(_END, follow_ups)
