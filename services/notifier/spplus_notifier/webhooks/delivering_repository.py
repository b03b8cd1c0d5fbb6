"""The SQL of delivery. Every write of a caller checks its lease: one that was taken over changes nothing."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from spplus_chassis.database import Connection, Pool
from spplus_chassis.outbox import new_id
from spplus_notifier.webhooks import message
from spplus_notifier.webhooks.calling import Answer, Outcome

MOST_FIGURES: Final = 500
"""In one call."""
_CLAIM: Final = """
WITH due AS (
    SELECT webhook_id FROM webhooks AS w
    WHERE state = 'active' AND next_call_at <= now() AND (leased_until IS NULL OR leased_until < now())
      AND (failures > 0) = $1
      AND (
          EXISTS (SELECT FROM webhook_pending AS p WHERE p.webhook_id = w.webhook_id)
          OR EXISTS (SELECT FROM webhook_messages AS m WHERE m.webhook_id = w.webhook_id AND m.ended_at IS NULL)
      )
    ORDER BY next_call_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
UPDATE webhooks SET lease_token = lease_token + 1, leased_until = now() + $3
FROM due WHERE webhooks.webhook_id = due.webhook_id
RETURNING webhooks.webhook_id::text, url, lease_token, failures, failing_since, sealed_secret,
    CASE WHEN old_secret_ends_at > now() THEN sealed_old_secret END AS sealed_old_secret
"""
_HELD: Final = """
UPDATE webhooks SET leased_until = now() + $3
WHERE webhook_id = $1::uuid AND lease_token = $2 AND state = 'active' RETURNING true
"""
_OPEN: Final = """
SELECT message_id::text, body FROM webhook_messages WHERE webhook_id = $1::uuid AND ended_at IS NULL
"""
_TAKE: Final = """
DELETE FROM webhook_pending WHERE webhook_id = $1::uuid AND figure_key IN (
    SELECT figure_key FROM webhook_pending WHERE webhook_id = $1::uuid ORDER BY seq LIMIT $2
) RETURNING figure_key
"""
_FREEZE: Final = """
INSERT INTO webhook_messages (message_id, webhook_id, kind, figure_keys, body) VALUES ($1::uuid, $2::uuid, $3, $4, $5)
"""
_TRIED: Final = """
UPDATE webhook_messages SET
    attempts = attempts + 1, last_tried_at = now(), last_outcome = $3, last_status = $4,
    delivered = $5, ended_at = CASE WHEN $5 OR kind = 'test' THEN now() END,
    body = CASE WHEN $5 OR kind = 'test' THEN NULL ELSE body END
WHERE message_id = $1::uuid AND webhook_id = $2::uuid AND ended_at IS NULL
"""
_SUCCEEDED: Final = """
UPDATE webhooks SET failures = 0, failing_since = NULL, next_call_at = now()
WHERE webhook_id = $1::uuid AND lease_token = $2 RETURNING true
"""
_FAILED: Final = """
UPDATE webhooks SET
    failures = failures + 1, failing_since = coalesce(failing_since, now()), next_call_at = now() + $3,
    leased_until = NULL, state = CASE WHEN $4::text IS NULL THEN state ELSE 'disabled' END,
    disabled_for = $4, disabled_at = CASE WHEN $4::text IS NOT NULL THEN now() END
WHERE webhook_id = $1::uuid AND lease_token = $2 AND state = 'active' RETURNING true
"""
_GIVE_BACK: Final = "UPDATE webhooks SET leased_until = NULL WHERE webhook_id = $1::uuid AND lease_token = $2"
# What a disabled webhook was being told waits again: when it is enabled, the newest revision is told.
_PUT_BACK: Final = """
WITH ended AS (
    UPDATE webhook_messages SET ended_at = now(), body = NULL
    WHERE webhook_id = $1::uuid AND ended_at IS NULL RETURNING figure_keys
)
INSERT INTO webhook_pending (webhook_id, figure_key, seq)
SELECT $1::uuid, key, 0 FROM ended, unnest(figure_keys) AS key ORDER BY key
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A webhook that is ours to call for as long as the lease lasts."""

    webhook_id: str
    url: str
    lease_token: int
    failures: int
    failing_since: datetime | None
    sealed_secret: bytes
    sealed_old_secret: bytes | None


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be sent."""

    message_id: str
    body: str


async def claim(pool: Pool, *, failing: bool, most: int, lease: timedelta) -> list[Claimed]:
    """Take webhooks that have something to be told and are due, those that failed last or the others."""
    return [Claimed(**dict(row)) for row in await pool.fetch(_CLAIM, failing, most, lease)]


async def next_message(connection: Connection, claimed: Claimed, now: datetime, lease: timedelta) -> Message | None:
    """The message that is being tried, or a new one of what waits, frozen; none where there is nothing or no lease."""
    if not await connection.fetchval(_HELD, claimed.webhook_id, claimed.lease_token, lease):
        return None
    found = await connection.fetchrow(_OPEN, claimed.webhook_id)
    if found is not None:
        return Message(found["message_id"], found["body"])
    keys = [row["figure_key"] for row in await connection.fetch(_TAKE, claimed.webhook_id, MOST_FIGURES)]
    if not keys:
        await connection.execute(_GIVE_BACK, claimed.webhook_id, claimed.lease_token)
        return None
    return await freeze(connection, claimed.webhook_id, "figures", sorted(keys), await _body(connection, keys, now))


async def freeze(connection: Connection, webhook_id: str, kind: str, keys: Sequence[str], body: str) -> Message:
    """Write a message down before it is sent for the first time."""
    made = Message(new_id(), body)
    await connection.execute(_FREEZE, made.message_id, webhook_id, kind, list(keys), body)
    return made


async def succeeded(connection: Connection, claimed: Claimed, sent: Message, answer: Answer) -> None:
    """The receiver has it."""
    await _tried(connection, claimed, sent, answer)
    await connection.fetchval(_SUCCEEDED, claimed.webhook_id, claimed.lease_token)


async def failed(
    connection: Connection, claimed: Claimed, sent: Message, answer: Answer, *, pause: timedelta, disable: str | None
) -> None:
    """Try again after a pause, or never: `disable` is the code of the reason."""
    await _tried(connection, claimed, sent, answer)
    mine = await connection.fetchval(_FAILED, claimed.webhook_id, claimed.lease_token, pause, disable)
    if mine and disable is not None:
        await connection.execute(_PUT_BACK, claimed.webhook_id)


async def _tried(connection: Connection, claimed: Claimed, sent: Message, answer: Answer) -> None:
    done = answer.outcome is Outcome.DELIVERED
    await connection.execute(
        _TRIED, uuid.UUID(sent.message_id), claimed.webhook_id, answer.outcome.value, answer.status, done
    )


async def _body(connection: Connection, keys: Sequence[str], now: datetime) -> str:
    rows = await connection.fetch(
        "SELECT figure_key, data, removed_at IS NOT NULL AS removed FROM figures WHERE figure_key = ANY($1::text[]) "
        "ORDER BY figure_key",
        list(keys),
    )
    return message.figures_body(
        [row["data"] for row in rows if not row["removed"]], [row["figure_key"] for row in rows if row["removed"]], now
    )
