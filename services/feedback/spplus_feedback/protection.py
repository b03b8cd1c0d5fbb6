"""From settings to the protection of the doors."""

import ipaddress
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from spplus_chassis.database import Pool
from spplus_feedback.abuse.guard import Guard
from spplus_feedback.abuse.limited_callers import LimitedEvents, Networks
from spplus_feedback.abuse.rates import PerMinute
from spplus_feedback.settings import FeedbackSettings
from spplus_feedback.suspicion import HourlyLimits


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


def _unlimited(settings: FeedbackSettings) -> Networks:
    return [ipaddress.ip_network(network) for network in settings.unlimited_networks.split(",") if network]
