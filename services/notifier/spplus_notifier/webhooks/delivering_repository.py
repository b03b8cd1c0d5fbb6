"""The SQL of delivery, for many webhooks at once. Writes check the lease: one that was taken over changes nothing.

Whoever locks webhooks and then their messages or what waits for them does it in this order, webhooks by their id.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from spplus_chassis.database import Connection
from spplus_chassis.outbox import new_id
from spplus_notifier.mail.letters import WEBHOOK_DISABLED
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
_OPEN: Final = """
SELECT webhook_id::text, message_id::text, body FROM webhook_messages
WHERE webhook_id = ANY($1::uuid[]) AND ended_at IS NULL
"""
# A row that a change is just being written to is taken the next time: two writers never wait for each other.
_TAKE: Final = """
DELETE FROM webhook_pending AS p USING unnest($1::uuid[]) AS w (webhook_id), LATERAL (
    SELECT figure_key FROM webhook_pending WHERE webhook_id = w.webhook_id
    ORDER BY seq LIMIT $2 FOR UPDATE SKIP LOCKED
) AS first
WHERE p.webhook_id = w.webhook_id AND p.figure_key = first.figure_key
RETURNING p.webhook_id::text, p.figure_key
"""
_FIGURES: Final = """
SELECT figure_key, data, removed_at IS NOT NULL AS removed FROM figures WHERE figure_key = ANY($1::text[])
"""
_FREEZE: Final = """
INSERT INTO webhook_messages (message_id, webhook_id, kind, figure_keys, body) VALUES ($1::uuid, $2::uuid, $3, $4, $5)
"""
_GIVE_BACK: Final = "UPDATE webhooks SET leased_until = NULL WHERE webhook_id = ANY($1::uuid[])"
_LOCK: Final = "SELECT FROM webhooks WHERE webhook_id = ANY($1::uuid[]) ORDER BY webhook_id FOR UPDATE"
_SETTLE: Final = """
UPDATE webhooks AS w SET
    leased_until = NULL, next_call_at = now() + e.pause, failures = e.failures,
    failing_since = CASE WHEN e.failures > 0 THEN coalesce(failing_since, now()) END,
    state = CASE WHEN e.disable IS NULL THEN state ELSE 'disabled' END,
    disabled_for = e.disable, disabled_at = CASE WHEN e.disable IS NOT NULL THEN now() END
FROM unnest($1::uuid[], $2::bigint[], $3::interval[], $4::integer[], $5::text[])
    AS e (webhook_id, lease_token, pause, failures, disable)
WHERE w.webhook_id = e.webhook_id AND w.lease_token = e.lease_token AND w.state = 'active'
RETURNING w.webhook_id::text, e.disable
"""
# Whoever holds the lease by now: what was delivered was delivered.
_TRIED: Final = """
UPDATE webhook_messages AS m SET
    attempts = attempts + 1, last_tried_at = now(), last_outcome = e.outcome, last_status = e.status,
    delivered = e.delivered, ended_at = CASE WHEN e.delivered OR kind = 'test' THEN now() END,
    body = CASE WHEN e.delivered OR kind = 'test' THEN NULL ELSE body END
FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::boolean[]) AS e (message_id, outcome, status, delivered)
WHERE m.message_id = e.message_id AND m.ended_at IS NULL
"""
# What a disabled webhook was being told waits again: when it is enabled, the newest revision is told.
_PUT_BACK: Final = """
WITH ended AS (
    UPDATE webhook_messages SET ended_at = now(), body = NULL
    WHERE webhook_id = ANY($1::uuid[]) AND ended_at IS NULL RETURNING webhook_id, figure_keys
)
INSERT INTO webhook_pending (webhook_id, figure_key, seq)
SELECT webhook_id, key, 0 FROM ended, unnest(figure_keys) AS key ORDER BY webhook_id, key
ON CONFLICT DO NOTHING
"""
_NOTICE: Final = """
INSERT INTO mails (mail_id, kind, cause, sealed_recipient, parameters)
SELECT gen_random_uuid(), $2::text, concat_ws('|', $2::text, w.webhook_id, w.disabled_at), k.sealed_contact,
    json_build_object(
        'webhook', w.webhook_id, 'key', k.name, 'reason', w.disabled_for, 'host', substring(w.url FROM '://([^/?]+)')
    )::text
FROM webhooks AS w JOIN webhook_keys AS k USING (key_id)
WHERE w.webhook_id = ANY($1::uuid[]) AND k.sealed_contact IS NOT NULL
ON CONFLICT (cause) DO NOTHING
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


@dataclass(frozen=True, slots=True)
class Ended:
    """A call that is over."""

    claimed: Claimed
    message: Message
    answer: Answer | None
    """None where nothing was tried that could count."""
    pause: timedelta = timedelta()
    """Until the next call at the earliest."""
    disable: str | None = None
    """The code of the reason to call it no more."""

    @property
    def delivered(self) -> bool:
        """Whether the receiver has it."""
        return self.answer is not None and self.answer.outcome is Outcome.DELIVERED

    @property
    def failures(self) -> int:
        """One after the other, up to now."""
        if self.answer is None:
            return self.claimed.failures
        return 0 if self.delivered else self.claimed.failures + 1


async def claim(
    connection: Connection, *, failing: bool, most: int, now: datetime, lease: timedelta
) -> list[tuple[Claimed, Message]]:
    """Take webhooks that are due, those that failed last or the others, each with what to tell it now.

    That is the message that is being tried, or a new one of what waits, written down before it is sent.
    """
    rows = await connection.fetch(_CLAIM, failing, most, lease)
    claimed = {row["webhook_id"]: Claimed(**dict(row)) for row in rows}
    if not claimed:
        return []
    found = {
        row["webhook_id"]: Message(row["message_id"], row["body"])
        for row in await connection.fetch(_OPEN, list(claimed))
    }
    found |= await _frozen(connection, [webhook_id for webhook_id in claimed if webhook_id not in found], now)
    if idle := [webhook_id for webhook_id in claimed if webhook_id not in found]:
        await connection.execute(_GIVE_BACK, idle)
    return [(claimed[webhook_id], message) for webhook_id, message in found.items()]


async def freeze(connection: Connection, webhook_id: str, kind: str, keys: Sequence[str], body: str) -> Message:
    """Write a message down before it is sent for the first time."""
    made = Message(new_id(), body)
    await connection.execute(_FREEZE, made.message_id, webhook_id, kind, list(keys), body)
    return made


async def settle(connection: Connection, ended: Sequence[Ended], *, mails: bool) -> list[tuple[str, str]]:
    """Write down how calls ended; the webhooks that are disabled now, each with the code of the reason.

    Their keys' contacts get a notice where there are `mails`.
    """
    webhook_ids = [each.claimed.webhook_id for each in ended]
    await connection.execute(_LOCK, webhook_ids)
    rows = await connection.fetch(
        _SETTLE,
        webhook_ids,
        [each.claimed.lease_token for each in ended],
        [each.pause for each in ended],
        [each.failures for each in ended],
        [each.disable for each in ended],
    )
    tried = [(each.message.message_id, each.answer, each.delivered) for each in ended if each.answer is not None]
    await connection.execute(
        _TRIED,
        [message_id for message_id, _, _ in tried],
        [answer.outcome.value for _, answer, _ in tried],
        [answer.status for _, answer, _ in tried],
        [delivered for _, _, delivered in tried],
    )
    disabled = [(row["webhook_id"], row["disable"]) for row in rows if row["disable"] is not None]
    if disabled:
        await connection.execute(_PUT_BACK, [webhook_id for webhook_id, _ in disabled])
        if mails:
            await connection.execute(_NOTICE, [webhook_id for webhook_id, _ in disabled], WEBHOOK_DISABLED)
    return disabled


async def _frozen(connection: Connection, webhook_ids: Sequence[str], now: datetime) -> dict[str, Message]:
    taken: defaultdict[str, list[str]] = defaultdict(list)
    for row in await connection.fetch(_TAKE, webhook_ids, MOST_FIGURES):
        taken[row["webhook_id"]].append(row["figure_key"])
    if not taken:
        return {}
    wanted = {webhook_id: tuple(sorted(keys)) for webhook_id, keys in taken.items()}
    bodies = await _bodies(connection, set(wanted.values()), now)
    made = {webhook_id: Message(new_id(), bodies[keys]) for webhook_id, keys in wanted.items()}
    await connection.executemany(
        _FREEZE, [(each.message_id, to, "figures", wanted[to], each.body) for to, each in made.items()]
    )
    return made


async def _bodies(connection: Connection, wanted: set[tuple[str, ...]], now: datetime) -> Mapping[tuple[str, ...], str]:
    """A body for each set of figures: what changed is often told to many."""
    rows = await connection.fetch(_FIGURES, sorted({key for keys in wanted for key in keys}))
    standing = {row["figure_key"]: row["data"] for row in rows if not row["removed"]}
    removed = {row["figure_key"] for row in rows if row["removed"]}
    return {
        keys: message.figures_body(
            [standing[key] for key in keys if key in standing], [key for key in keys if key in removed], now
        )
        for keys in wanted
    }
