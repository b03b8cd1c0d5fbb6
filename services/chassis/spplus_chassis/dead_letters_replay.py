"""What can become of a dead letter: it is taken after all, or dropped, or it expires.

A replay goes through the subscription that refused the record, in one transaction with the note that it was taken:
it happens once, whoever asks how often. The offsets stay as they are.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from spplus_chassis import dead_letters_queries
from spplus_chassis.database import Connection, Pool
from spplus_chassis.dead_letters_queries import Letter, LetterKey
from spplus_chassis.delivery import DATA_FAULTS, AnySubscription
from spplus_chassis.records import Batch, Refusal

_OF_KEY: Final = 'WHERE consumer = $1 AND topic = $2 AND partition = $3 AND "offset" = $4'
_REPLAYED: Final = f"UPDATE dead_letters SET resolution = 'replayed', resolved_at = now() {_OF_KEY}"  # noqa: S608 - ours
_TRIED: Final = f"""
UPDATE dead_letters SET last_reason = $5, last_detail = $6, last_tried_at = now() {_OF_KEY}
"""  # noqa: S608 - ours
_DROPPED: Final = f"""
UPDATE dead_letters SET resolution = 'dropped', resolved_at = now(), dropped_because = $5
{_OF_KEY} AND resolution IS NULL RETURNING true
"""  # noqa: S608 - ours
_EXPIRE: Final = """
UPDATE dead_letters
SET resolution = 'expired', resolved_at = now(), key = NULL, value = NULL, headers = '[]'
WHERE resolution IS NULL AND refused_at < now() - $1::interval
"""
_FORGET: Final = "DELETE FROM dead_letters WHERE resolution IS NOT NULL AND resolved_at < now() - $1::interval"


class Because(StrEnum):
    """Why an operator drops a letter."""

    NOT_OURS = "not_ours"
    """It was never meant for this platform."""
    SENT_AGAIN = "sent_again"
    """Its source has sent it again, corrected."""
    OBSOLETE = "obsolete"
    """Later events have overtaken it."""
    TEST = "test"
    """Somebody tried something."""


class End(StrEnum):
    """How a replay ended."""

    TAKEN = "taken"
    REFUSED = "refused"
    DONE_BEFORE = "done before"
    """It was resolved already: nothing was done."""
    GONE = "gone"
    """There is no such letter."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one replay."""

    key: LetterKey
    end: End
    refusal: Refusal | None = None
    """Why it was refused again."""


async def replay(
    connection: Connection, subscription: AnySubscription, key: LetterKey, *, dry_run: bool = False
) -> Outcome:
    """Offer a record to its consumer once more, in one transaction; a dry run is rolled back."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        outcome = await _replay(connection, subscription, key)
    except BaseException:
        await transaction.rollback()
        raise
    if dry_run:
        await transaction.rollback()
    else:
        await transaction.commit()
    return outcome


async def _replay(connection: Connection, subscription: AnySubscription, key: LetterKey) -> Outcome:
    letter = await dead_letters_queries.locked(connection, key)
    if letter is None:
        return Outcome(key, End.GONE)
    if letter.resolution is not None:
        return Outcome(key, End.DONE_BEFORE)
    refusal = await _offer(connection, subscription, letter)
    if refusal is None:
        await connection.execute(_REPLAYED, *key)
        return Outcome(key, End.TAKEN)
    await connection.execute(_TRIED, *key, refusal.reason, refusal.detail)
    return Outcome(key, End.REFUSED, refusal)


async def _offer(connection: Connection, subscription: AnySubscription, letter: Letter) -> Refusal | None:
    batch = Batch([letter.record])
    work = subscription.prepare(batch)
    if not batch.refusals:
        savepoint = connection.transaction()
        await savepoint.start()
        try:
            await subscription.apply(connection, batch, work)
        except DATA_FAULTS as error:
            batch.refuse(letter.record, "refused_by_database", type(error).__name__)
        if batch.refusals:
            await savepoint.rollback()
        else:
            await savepoint.commit()
    return batch.refusals[0] if batch.refusals else None


async def drop(connection: Connection, key: LetterKey, because: Because) -> bool:
    """Decide that a record is never taken; returns whether it waited until now."""
    return await connection.fetchval(_DROPPED, *key, because.value) is not None


async def expire(pool: Pool, kept: timedelta) -> int:
    """Empty the letters that waited for too long and forget the resolved ones; returns how many were emptied.

    What was refused may hold what nobody should keep, so that waiting has an end. The reason and the place stay as
    long again; the record itself is still on its topic, and a rebuild from the topics offers it anew.
    """
    await pool.execute(_FORGET, kept)
    return _rows_of(await pool.execute(_EXPIRE, kept))


def _rows_of(status: str) -> int:
    return int(status.rpartition(" ")[2])
