"""HTTP for those who subscribe: webhooks with their filter, secret, delivery log, test and replay."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, params

from spplus_chassis.database import Pool
from spplus_chassis.problem import Problem
from spplus_notifier.sealing import Sealer
from spplus_notifier.webhooks import callback, subscribing, subscriptions
from spplus_notifier.webhooks.bodies import (
    Log,
    LoggedShown,
    LogQuery,
    NewWebhook,
    Overlap,
    Replay,
    Secret,
    Tried,
    Waiting,
    WebhookMade,
    Webhooks,
    WebhookShown,
)
from spplus_notifier.webhooks.keys import Subscriber, require_key
from spplus_notifier.webhooks.subscriptions import Webhook


@dataclass(frozen=True, slots=True)
class Door:
    """What the routes need."""

    pool: Callable[[], Pool]
    sealer: Sealer | None
    """None where no key is set: secrets of others are not kept in the open, so there are no webhooks."""
    clock: Callable[[], datetime]
    wake: Callable[[], None]
    """Called when something waits to be told."""

    @property
    def seals(self) -> Sealer:
        """The sealer, or 503."""
        if self.sealer is None:
            raise Problem(503, "Webhooks are not set up here: no seal key.")
        return self.sealer


def router(door: Door) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])
    key_holder = Depends(require_key(door.pool))

    async def own(webhook_id: UUID, key: Annotated[Subscriber, key_holder]) -> Webhook:
        return await subscribing.again(door.pool(), str(webhook_id), key.key_id)

    mine = Depends(own)
    _add_subscribing(routes, door, key_holder, mine)
    _add_delivery(routes, door, mine)
    return routes


def _add_subscribing(routes: APIRouter, door: Door, key_holder: params.Depends, mine: params.Depends) -> None:
    @routes.post("", status_code=201, callbacks=callback.calls.routes)
    async def post_webhook(body: NewWebhook, key: Annotated[Subscriber, key_holder]) -> WebhookMade:
        """Subscribe to changes of figures."""
        made, secret = await subscribing.subscribe(door.pool(), door.seals, key, body, door.clock())
        door.wake()
        return WebhookMade(**asdict(made), secret=secret)

    @routes.get("")
    async def get_webhooks(key: Annotated[Subscriber, key_holder]) -> Webhooks:
        """All webhooks of the key."""
        found = await subscriptions.webhooks_of(door.pool(), key.key_id)
        return Webhooks(items=[WebhookShown(**asdict(each)) for each in found])

    @routes.get("/{webhook_id}")
    async def get_webhook(found: Annotated[Webhook, mine]) -> WebhookShown:
        """One webhook: is it called, does it answer, what waits."""
        return WebhookShown(**asdict(found))

    @routes.delete("/{webhook_id}", status_code=204)
    async def delete_webhook(found: Annotated[Webhook, mine]) -> None:
        """End the subscription."""
        async with door.pool().acquire() as connection:
            await subscriptions.delete(connection, found.webhook_id)


def _add_delivery(routes: APIRouter, door: Door, mine: params.Depends) -> None:
    @routes.post("/{webhook_id}/secret")
    async def post_secret(found: Annotated[Webhook, mine], body: Overlap) -> Secret:
        """Change the secret; both are valid for a while, so that a receiver may change over in its own time."""
        overlap = timedelta(hours=body.overlap_hours)
        async with door.pool().acquire() as connection:
            secret = await subscriptions.rotate_secret(connection, door.seals, found.webhook_id, overlap)
        return Secret(secret=secret, old_secret_ends_at=door.clock() + overlap)

    @routes.post("/{webhook_id}/test", status_code=202)
    async def post_test(found: Annotated[Webhook, mine]) -> Tried:
        """Send a message that tells nothing, by the way of all others."""
        message_id = await subscribing.try_out(door.pool(), found, door.clock())
        door.wake()
        return Tried(message_id=message_id)

    @routes.post("/{webhook_id}/enable")
    async def post_enable(found: Annotated[Webhook, mine]) -> WebhookShown:
        """Call again a webhook that was disabled, and tell what changed meanwhile."""
        if found.state == "disabled":
            await subscriptions.enable(door.pool(), found, door.clock())
            door.wake()
        return WebhookShown(**asdict(await subscribing.again(door.pool(), found.webhook_id)))

    @routes.post("/{webhook_id}/replay", status_code=202)
    async def post_replay(found: Annotated[Webhook, mine], body: Replay) -> Waiting:
        """Tell again: the figures of one message, or all that changed in a period."""
        count = await subscribing.replay(door.pool(), found, body, door.clock())
        door.wake()
        return Waiting(figures=count)

    @routes.get("/{webhook_id}/messages")
    async def get_messages(found: Annotated[Webhook, mine], query: Annotated[LogQuery, Query()]) -> Log:
        """The delivery log."""
        before = None if query.before is None else str(query.before)
        lines = await subscriptions.log_of(door.pool(), found.webhook_id, before=before, limit=query.limit + 1)
        page = lines[: query.limit]
        following = page[-1].message_id if len(lines) > query.limit else None
        return Log(items=[LoggedShown(**asdict(line)) for line in page], next=following)
