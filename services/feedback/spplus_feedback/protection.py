"""From settings to the protection of the doors, and of the people who came through them."""

import ipaddress
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from spplus_chassis.database import Pool
from spplus_chassis.service import Service
from spplus_feedback.abuse.guard import Guard
from spplus_feedback.abuse.limited_callers import LimitedEvents, Networks
from spplus_feedback.abuse.rates import PerMinute
from spplus_feedback.privacy import api as privacy_api
from spplus_feedback.privacy import pages as privacy_pages
from spplus_feedback.privacy.pages import Statements
from spplus_feedback.privacy.retention import once_a_day
from spplus_feedback.privacy.rules import RULES
from spplus_feedback.settings import FeedbackSettings
from spplus_feedback.suspicion import HourlyLimits

_LOOK_SECONDS: Final = 600.0


def guard_of(settings: FeedbackSettings, pool: Callable[[], Pool]) -> Guard:
    """What looks at forms."""
    secret = settings.form_secret
    return Guard(
        pool=pool,
        least=timedelta(seconds=settings.form_least_seconds),
        unlimited=_unlimited(settings),
        secret=secret.get_secret_value().encode() if secret else None,
    )


def caller_limits(settings: FeedbackSettings) -> dict[str, Any]:
    """Options of `LimitedCallers`."""
    return {
        "by_address": PerMinute(settings.requests_per_minute_by_address),
        "by_key": PerMinute(settings.requests_per_minute_by_key),
        "unlimited": _unlimited(settings),
    }


def event_limit(settings: FeedbackSettings) -> LimitedEvents:
    """What one key may send."""
    return LimitedEvents(PerMinute(settings.events_per_minute_by_key), _unlimited(settings))


def hourly_limits(settings: FeedbackSettings) -> HourlyLimits:
    """What one address may tell within an hour."""
    return HourlyLimits(
        address_soft=settings.stories_per_hour_before_hold,
        address_hard=settings.stories_per_hour,
        same_text=settings.same_words_per_hour,
    )


def retention_days(settings: FeedbackSettings) -> dict[str, float]:
    """Days by the name of their setting."""
    return {name: getattr(settings, name) for rule in RULES for name in rule.settings}


def add_privacy(service: Service, settings: FeedbackSettings, *, clock: Callable[[], datetime]) -> None:
    """What a person may read and take along, and what goes by itself."""
    days = retention_days(settings)
    service.include(privacy_api.router(lambda: service.pool, clock=clock))
    statements = Statements(
        days=days,
        events_days=settings.events_kept_days,
        dead_letters_days=settings.dead_letters_kept_days,
        operator=settings.operator_name,
        contact=settings.privacy_contact,
    )
    service.include(privacy_pages.router(lambda: service.pool, statements, clock=clock))
    hour = settings.retention_daily_hour
    if hour is not None:
        service.every(_LOOK_SECONDS, "retention", lambda: _retain(service, days, hour, clock))


async def _retain(service: Service, days: dict[str, float], hour: int, clock: Callable[[], datetime]) -> None:
    await once_a_day(service.pool, days, hour=hour, clock=clock)


def _unlimited(settings: FeedbackSettings) -> Networks:
    return [ipaddress.ip_network(network) for network in settings.unlimited_networks.split(",") if network]
