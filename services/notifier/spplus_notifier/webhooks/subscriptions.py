"""Webhooks as their owners see them: made, listed, enabled again, their secret changed, what was missed told again."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from spplus_chassis.database import Connection, Pool
from spplus_chassis.french import PARIS
from spplus_chassis.outbox import new_id
from spplus_notifier.sealing import Sealer
from spplus_notifier.webhooks import delivering_repository
from spplus_notifier.webhooks.fan_out import PAGE_CHANGES, changed_of, let_wait
from spplus_notifier.webhooks.interest import Interest, Interests
from spplus_notifier.webhooks.message import new_secret, test_body

_COLUMNS: Final = """
webhook_id::text, url, structure_code, indicator_code, engagement, period_kind, created_at, state, disabled_for,
disabled_at, failures, failing_since, next_call_at,
(SELECT count(*) FROM webhook_pending AS p WHERE p.webhook_id = w.webhook_id) AS figures_waiting
"""
_INSERT: Final = """
INSERT INTO webhooks (
    webhook_id, key_id, url, structure_code, indicator_code, engagement, period_kind, sealed_secret
) VALUES ($1::uuid, $2, $3, $4, $5, $6, $7, $8)
"""
_ROTATE: Final = """
UPDATE webhooks SET sealed_old_secret = sealed_secret, old_secret_ends_at = now() + $3, sealed_secret = $2
WHERE webhook_id = $1::uuid
"""
_ENABLE: Final = """
UPDATE webhooks SET state = 'active', disabled_for = NULL, disabled_at = NULL, failures = 0, failing_since = NULL,
    next_call_at = now(), leased_until = NULL
WHERE webhook_id = $1::uuid AND state = 'disabled' RETURNING true
"""
_CHANGES_OF_PERIOD: Final = """
SELECT c.seq, c.figure_key, f.structure_code, f.indicator_code, f.period_kind, f.engagements
FROM changes AS c JOIN figures AS f USING (figure_key)
WHERE c.seq > $1 AND c.recorded_at >= $2 AND c.recorded_at < $3 ORDER BY c.seq LIMIT $4
"""
_CURRENT: Final = """
SELECT 0::bigint, figure_key, structure_code, indicator_code, period_kind, engagements FROM figures
WHERE figure_key > $1 AND removed_at IS NULL ORDER BY figure_key LIMIT $2
"""
_AGAIN: Final = """
INSERT INTO webhook_pending (webhook_id, figure_key, seq)
SELECT webhook_id, key, 0 FROM webhook_messages, unnest(figure_keys) AS key
WHERE webhook_id = $1::uuid AND message_id = $2::uuid ORDER BY key
ON CONFLICT DO NOTHING
"""
_LOG: Final = """
SELECT message_id::text, kind, cardinality(figure_keys) AS figures, made_at, attempts, last_tried_at, last_outcome,
    last_status, delivered, ended_at
FROM webhook_messages WHERE webhook_id = $1::uuid AND ($2::uuid IS NULL OR message_id < $2::uuid)
ORDER BY message_id DESC LIMIT $3
"""


@dataclass(frozen=True, slots=True)
class Webhook:
    """One subscription; its secret is shown once, when it is made."""

    webhook_id: str
    url: str
    structure_code: str | None
    indicator_code: str | None
    engagement: str | None
    period_kind: str | None
    created_at: datetime
    state: str
    disabled_for: str | None
    disabled_at: datetime | None
    failures: int
    failing_since: datetime | None
    next_call_at: datetime
    figures_waiting: int

    @property
    def interest(self) -> Interest:
        """What it asks for."""
        return Interest(self.structure_code, self.indicator_code, self.engagement, self.period_kind)


@dataclass(frozen=True, slots=True)
class LoggedMessage:
    """One line of the delivery log."""

    message_id: str
    kind: str
    figures: int
    made_at: datetime
    attempts: int
    last_tried_at: datetime | None
    last_outcome: str | None
    last_status: int | None
    delivered: bool
    ended_at: datetime | None


async def create(connection: Connection, sealer: Sealer, key_id: int, url: str, interest: Interest) -> tuple[str, str]:
    """Subscribe; returns the webhook's id and its secret."""
    webhook_id, secret = new_id(), new_secret(secrets.token_bytes(32))
    asked = (interest.structure_code, interest.indicator_code, interest.engagement, interest.period_kind)
    await connection.execute(_INSERT, webhook_id, key_id, url, *asked, sealer.seal(secret))
    return webhook_id, secret


async def webhooks_of(pool: Pool, key_id: int | None = None) -> list[Webhook]:
    """Those of one key, or all, oldest first."""
    rows = await pool.fetch(
        f"SELECT {_COLUMNS} FROM webhooks AS w "  # noqa: S608 - fixed columns
        "WHERE state <> 'deleted' AND ($1::bigint IS NULL OR key_id = $1) ORDER BY webhook_id",
        key_id,
    )
    return [Webhook(**dict(row)) for row in rows]


async def webhook(pool: Pool, webhook_id: str, key_id: int | None = None) -> Webhook | None:
    """One, if it is of this key."""
    row = await pool.fetchrow(
        f"SELECT {_COLUMNS} FROM webhooks AS w "  # noqa: S608 - fixed columns
        "WHERE webhook_id = $1::uuid AND state <> 'deleted' AND ($2::bigint IS NULL OR key_id = $2)",
        webhook_id,
        key_id,
    )
    return None if row is None else Webhook(**dict(row))


async def delete(connection: Connection, webhook_id: str) -> None:
    """End a subscription: nothing more is sent, its secrets are gone, its log is kept for as long as any."""
    async with connection.transaction():
        await connection.execute(
            "UPDATE webhooks SET state = 'deleted', url = '', sealed_secret = '', sealed_old_secret = NULL "
            "WHERE webhook_id = $1::uuid",
            webhook_id,
        )
        await connection.execute("DELETE FROM webhook_pending WHERE webhook_id = $1::uuid", webhook_id)
        await connection.execute(
            "UPDATE webhook_messages SET ended_at = now(), body = NULL "
            "WHERE webhook_id = $1::uuid AND ended_at IS NULL",
            webhook_id,
        )


async def rotate_secret(connection: Connection, sealer: Sealer, webhook_id: str, overlap: timedelta) -> str:
    """Give a new secret; messages are signed with the old one as well until the overlap has passed."""
    secret = new_secret(secrets.token_bytes(32))
    await connection.execute(_ROTATE, webhook_id, sealer.seal(secret), overlap)
    return secret


async def try_out(connection: Connection, webhook_id: str, now: datetime) -> str | None:
    """Send a message that tells nothing, by the way of all others; its id, or none while another is being tried."""
    async with connection.transaction():
        await connection.fetchval("SELECT 1 FROM webhooks WHERE webhook_id = $1::uuid FOR UPDATE", webhook_id)
        if await connection.fetchval(
            "SELECT 1 FROM webhook_messages WHERE webhook_id = $1::uuid AND ended_at IS NULL", webhook_id
        ):
            return None
        made = await delivering_repository.freeze(connection, webhook_id, "test", [], test_body(now))
        await connection.execute("UPDATE webhooks SET next_call_at = now() WHERE webhook_id = $1::uuid", webhook_id)
    return made.message_id


async def enable(pool: Pool, found: Webhook, now: datetime) -> int:
    """Call again, and tell what changed meanwhile; how many figures wait for it."""
    await pool.fetchval(_ENABLE, found.webhook_id)
    return await replay_period(pool, found, found.disabled_at, now) if found.disabled_at else 0


async def replay_message(connection: Connection, webhook_id: str, message_id: str) -> int:
    """Tell the figures of a message again, in the revision that stands now: an old one never overtakes a newer."""
    done = await connection.execute(_AGAIN, webhook_id, message_id)
    return int(done.rpartition(" ")[2])


async def replay_period(pool: Pool, found: Webhook, since: datetime, until: datetime) -> int:
    """Tell again what changed from one instant to before another, in the revision that stands now."""
    interests, after, count = Interests([(found.webhook_id, found.interest)]), 0, 0
    while True:
        async with pool.acquire() as connection, connection.transaction():
            page = await connection.fetch(_CHANGES_OF_PERIOD, after, since, until, PAGE_CHANGES)
            count += await let_wait(
                connection, interests, [changed_of(row) for row in page], until.astimezone(PARIS).date()
            )
        if len(page) < PAGE_CHANGES:
            return count
        after = page[-1]["seq"]


async def send_current(pool: Pool, found: Webhook, now: datetime) -> int:
    """Let every figure that stands and is asked for wait for the webhook: it starts from zero."""
    interests, after, count = Interests([(found.webhook_id, found.interest)]), "", 0
    while True:
        async with pool.acquire() as connection, connection.transaction():
            page = await connection.fetch(_CURRENT, after, PAGE_CHANGES)
            count += await let_wait(
                connection, interests, [changed_of(row) for row in page], now.astimezone(PARIS).date()
            )
        if len(page) < PAGE_CHANGES:
            return count
        after = page[-1]["figure_key"]


async def log_of(pool: Pool, webhook_id: str, *, before: str | None, limit: int) -> list[LoggedMessage]:
    """What was sent, the newest first, before a message."""
    return [LoggedMessage(**dict(row)) for row in await pool.fetch(_LOG, webhook_id, before, limit)]


async def forget_messages(connection: Connection, kept: timedelta) -> int:
    """Delete what ended longer ago; how many lines."""
    done = await connection.execute("DELETE FROM webhook_messages WHERE ended_at < now() - $1::interval", kept)
    return int(done.rpartition(" ")[2])
