"""Webhooks as a part of the notifier: what runs, what is measured, what is forgotten."""

import random
from datetime import UTC, datetime, timedelta
from typing import Final

from spplus_chassis import metrics
from spplus_chassis.french import PARIS
from spplus_chassis.service import Service
from spplus_notifier.sealing import Sealer
from spplus_notifier.settings import NotifierSettings
from spplus_notifier.webhooks import api, subscriptions
from spplus_notifier.webhooks.addresses import AddressGuard
from spplus_notifier.webhooks.api import Door
from spplus_notifier.webhooks.calling import Caller
from spplus_notifier.webhooks.delivering import Delivery
from spplus_notifier.webhooks.fan_out import is_behind, spread

_SPREAD_SECONDS: Final = 0.1
_MEASURE_SECONDS: Final = 5.0
_FORGET_SECONDS: Final = 3_600.0
_WAITING: Final = """
SELECT count(*) AS figures,
    coalesce(max(extract(epoch FROM now() - p.waits_since)) FILTER (WHERE w.failures = 0), 0) AS age
FROM webhook_pending AS p JOIN webhooks AS w USING (webhook_id) WHERE w.state = 'active'
"""


def install(service: Service, settings: NotifierSettings) -> None:
    """Add the routes; where secrets can be sealed, call as well."""
    keys = settings.sealing_keys()
    if not keys:
        service.include(api.router(Door(lambda: service.pool, None, _clock, lambda: None)))
        return
    sealer = Sealer(keys)
    networks = [network.strip() for network in settings.webhook_private_networks.split(",") if network.strip()]
    guard = AddressGuard(networks)
    caller = Caller(guard, seconds=settings.webhook_call_seconds)
    delivery = Delivery(
        lambda: service.pool,
        caller,
        sealer,
        clock=_clock,
        chance=random.random,
        calls=settings.webhook_calls,
        call_seconds=settings.webhook_call_seconds,
        mails=settings.mail_host is not None,
    )
    service.on_stop(guard.close)
    kept = timedelta(days=settings.webhook_log_days)
    service.include(api.router(Door(lambda: service.pool, sealer, _clock, delivery.wake)))
    service.background("webhook-calls", lambda: _deliver(caller, delivery))
    service.every(_SPREAD_SECONDS, "webhook-fan-out", lambda: _spread(service, delivery))
    service.every(_MEASURE_SECONDS, "webhook-measure", lambda: _measure(service))
    service.every(_FORGET_SECONDS, "webhook-forget", lambda: _forget(service, kept))


async def _deliver(caller: Caller, delivery: Delivery) -> None:
    async with caller:
        await delivery.run()


async def _spread(service: Service, delivery: Delivery) -> None:
    while await is_behind(service.pool):
        async with service.pool.acquire() as connection, connection.transaction():
            changes = await spread(connection, _clock().astimezone(PARIS).date())
        if changes:
            delivery.wake()
        if changes is None:
            return


async def _measure(service: Service) -> None:
    row = await service.pool.fetchrow(_WAITING)
    if row is not None:
        metrics.WEBHOOK_FIGURES.set(row["figures"])
        metrics.WEBHOOK_AGE.set(row["age"])


async def _forget(service: Service, kept: timedelta) -> None:
    async with service.pool.acquire() as connection:
        await subscriptions.forget_messages(connection, kept)


def _clock() -> datetime:
    return datetime.now(UTC)
