"""Mails as a part of the notifier: what runs, what is measured, what is forgotten."""

from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Final

import structlog

from spplus_chassis import metrics
from spplus_chassis.service import Service
from spplus_contracts.vocabulary import PeriodKind
from spplus_notifier.mail import jobs, pages, sending_repository, subscription_pages, telling
from spplus_notifier.mail.letters import Addresses
from spplus_notifier.mail.pages import Desk
from spplus_notifier.mail.recipients import AddressMark
from spplus_notifier.mail.sending import Postman
from spplus_notifier.mail.smtp import Server
from spplus_notifier.mail.subscription_pages import SubscriptionDesk
from spplus_notifier.mail.telling import NOBODY
from spplus_notifier.mail.tickets import TicketDesk, reader_of
from spplus_notifier.mail.weekly import week_of
from spplus_notifier.screens import Screens
from spplus_notifier.sealing import Sealer
from spplus_notifier.settings import NotifierSettings

log = structlog.get_logger()

_MEASURE_SECONDS: Final = 5.0
_SETTLE_SECONDS: Final = 10.0
_FORGET_SECONDS: Final = 600.0
_MARK_SECONDS: Final = 86_400.0
_TELL_SECONDS: Final = 300.0


def install(service: Service, settings: NotifierSettings, shown: Screens) -> None:
    """Add the pages; where a mail server is set, send as well. What is due for deletion goes in any case."""
    kept = timedelta(days=settings.mail_address_days)
    service.every(_FORGET_SECONDS, "mail-forget", lambda: _forget(service, kept))
    keys = settings.sealing_keys()
    if settings.mail_host is None or not keys:
        service.include(pages.router(shown, None))
        service.include(subscription_pages.router(shown, None))
        return
    sealer = Sealer(keys)
    postman = Postman(
        lambda: service.pool,
        sealer,
        server_of(settings, settings.mail_host),
        sender=settings.sender(),
        addresses=Addresses(str(settings.public_url), str(settings.follow_url)),
        clock=_clock,
        connections=settings.mail_connections,
        per_minute=settings.mail_per_minute,
    )
    read_text = reader_of(settings.notice_public_keys, settings.notice_public_keys_file)
    desk, mark = None, AddressMark(keys[0])
    if read_text is not None:
        desk = Desk(
            lambda: service.pool,
            sealer,
            mark,
            TicketDesk(read_text, _clock),
            days=ceil(settings.mail_address_days),
            wake=postman.wake,
        )
    service.include(pages.router(shown, desk))
    subscribing = SubscriptionDesk(lambda: service.pool, sealer, mark, _clock, postman.wake)
    service.include(subscription_pages.router(shown, subscribing))
    service.every(_TELL_SECONDS, "mail-subscribers", lambda: _tell(service))
    service.background("mail-sending", postman.run)
    service.every(_SETTLE_SECONDS, "mail-settle", lambda: _settle(service))
    service.every(_MEASURE_SECONDS, "mail-measure", lambda: _measure(service))
    service.every(_MARK_SECONDS, "mail-mark", lambda: jobs.mark_anew(service.pool, sealer, mark))


def server_of(settings: NotifierSettings, host: str) -> Server:
    """The mail server of the settings."""
    password = settings.mail_password.get_secret_value() if settings.mail_password else None
    user = settings.mail_user or None
    return Server(host, settings.mail_port, settings.mail_security, user, password, settings.mail_ca_file)


async def _settle(service: Service) -> None:
    async with service.pool.acquire() as connection:
        for mail_id in await sending_repository.settle_left(connection):
            metrics.MAILS.labels("uncertain").inc()
            log.warning("mail_uncertain", mail_id=mail_id, fault="its sender died")


async def _measure(service: Service) -> None:
    measured = await sending_repository.measure(service.pool)
    metrics.MAILS_UNCERTAIN.set(measured.get("uncertain", 0))
    metrics.MAIL_AGE.set(measured.get("age", 0))


async def _forget(service: Service, kept: timedelta) -> None:
    async with service.pool.acquire() as connection:
        await jobs.forget(connection, kept)


async def _tell(service: Service) -> None:
    now = _clock()
    while True:
        async with service.pool.acquire() as connection, connection.transaction():
            looked_at = await telling.tell_week(connection, week_of(now))
        if looked_at < telling.PAGE_SUBSCRIPTIONS:
            break
    for kind in (PeriodKind.MONTH, PeriodKind.QUARTER):
        after: str | None = NOBODY
        while after is not None:
            async with service.pool.acquire() as connection, connection.transaction():
                after = await telling.tell_changes(connection, kind, now, after)


def _clock() -> datetime:
    return datetime.now(UTC)
