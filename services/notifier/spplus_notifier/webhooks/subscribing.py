"""What a subscriber does with webhooks, by HTTP or through the operator's command. Refusals are `Problem`s."""

from datetime import datetime
from typing import Final

from spplus_chassis import french
from spplus_chassis.database import Pool
from spplus_chassis.problem import Problem
from spplus_notifier.sealing import Sealer
from spplus_notifier.webhooks import subscriptions
from spplus_notifier.webhooks.bodies import NewWebhook, Replay
from spplus_notifier.webhooks.keys import Subscriber, check_part
from spplus_notifier.webhooks.subscriptions import Webhook

MOST_WEBHOOKS: Final = 100
"""Of one key."""


async def again(pool: Pool, webhook_id: str, key_id: int | None = None) -> Webhook:
    """A webhook as it stands now, if it is of this key (404)."""
    found = await subscriptions.webhook(pool, webhook_id, key_id)
    if found is None:
        raise Problem(404, "No such webhook.")
    return found


async def subscribe(
    pool: Pool, sealer: Sealer, key: Subscriber, body: NewWebhook, now: datetime
) -> tuple[Webhook, str]:
    """Make a webhook; with its secret, which can be seen only now. 403, 409 or 422 where the key may not."""
    await check_part(pool, key, body.structure_code, now.astimezone(french.PARIS).date())
    if len(await subscriptions.webhooks_of(pool, key.key_id)) >= MOST_WEBHOOKS:
        raise Problem(409, f"A key may have {MOST_WEBHOOKS} webhooks.")
    async with pool.acquire() as connection:
        webhook_id, secret = await subscriptions.create(connection, sealer, key.key_id, str(body.url), body.interest)
    made = await again(pool, webhook_id)
    if body.send_current:
        await subscriptions.send_current(pool, made, now)
        made = await again(pool, webhook_id)
    return made, secret


async def try_out(pool: Pool, found: Webhook, now: datetime) -> str:
    """Send a message that tells nothing, by the way of all others; its id. 409 while another is being tried."""
    _check_active(found)
    async with pool.acquire() as connection:
        message_id = await subscriptions.try_out(connection, found.webhook_id, now)
    if message_id is None:
        raise Problem(409, "A message is being tried; the log says how it goes.")
    return message_id


async def replay(pool: Pool, found: Webhook, body: Replay, now: datetime) -> int:
    """Tell again the figures of one message, or all that changed in a period; how many wait for it."""
    _check_active(found)
    if body.since is not None:
        return await subscriptions.replay_period(pool, found, body.since, body.until or now)
    async with pool.acquire() as connection:
        return await subscriptions.replay_message(connection, found.webhook_id, str(body.message_id))


def _check_active(found: Webhook) -> None:
    if found.state != "active":
        raise Problem(409, "The webhook is disabled: enable it first.")
