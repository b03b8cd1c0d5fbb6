"""The composition root: from settings to a service that can be started."""

import secrets
from datetime import UTC, datetime, timedelta

from spplus_chassis.outbox import new_id
from spplus_chassis.service import Service
from spplus_chassis.tracing import current_trace
from spplus_feedback import api, desk_api, identity, notice_offer, pages, protection, repository, subscribers
from spplus_feedback.abuse.limited_callers import LimitedCallers
from spplus_feedback.accounts import pages as account_pages
from spplus_feedback.agencies import events_api, taken
from spplus_feedback.agencies import pages as agency_pages
from spplus_feedback.agencies.taking import Taking
from spplus_feedback.body_limit import LimitedBodies
from spplus_feedback.codes import CODE_BYTES
from spplus_feedback.counters import forget_counts
from spplus_feedback.desk import pages as desk_pages
from spplus_feedback.desk.surroundings import Surroundings
from spplus_feedback.experiences import api as experiences_api
from spplus_feedback.experiences import pages as experiences_pages
from spplus_feedback.experiences.recent_numbers import RecentNumbers
from spplus_feedback.gate import gate_subscription
from spplus_feedback.idempotency import KEPT
from spplus_feedback.intake import Intake
from spplus_feedback.moderation import api as moderation_api
from spplus_feedback.moderation import pages as moderation_pages
from spplus_feedback.moderation.gauges import measure
from spplus_feedback.notices import Notices
from spplus_feedback.settings import FeedbackSettings
from spplus_feedback.telling import Told

PACKAGE = "spplus_feedback"
_FORGET_SECONDS = 3_600.0
_MEASURE_SECONDS = 15.0


def build(settings: FeedbackSettings) -> Service:
    """Assemble the intake service."""
    service = Service("feedback", settings, package=PACKAGE)
    intake = Intake(
        lambda: service.pool,
        wake=service.relay.wake,
        default_days=settings.default_answer_days,
        capacity=settings.queue_capacity,
        group=settings.group_size,
        limits=protection.hourly_limits(settings),
    )
    service.background("group-commit", intake.run)
    service.every(_FORGET_SECONDS, "forget-keys", lambda: _forget_keys(service))
    taking = Taking(
        lambda: service.pool,
        wake=service.relay.wake,
        capacity=settings.events_capacity,
        group=settings.events_group,
    )
    service.background("take-events", taking.run)
    service.every(_FORGET_SECONDS, "forget-events", lambda: _forget_events(service, settings.events_kept_days))
    service.include(
        events_api.router(lambda: service.pool, taking, clock=_clock, limit=protection.event_limit(settings))
    )
    guard = protection.guard_of(settings, lambda: service.pool)
    service.inside(LimitedCallers, **protection.caller_limits(settings))
    service.inside(
        LimitedBodies, longest=settings.max_body_bytes, longer={events_api.PATH: settings.max_events_body_bytes}
    )
    service.every(_FORGET_SECONDS, "forget-counts", lambda: _forget_counts(service))
    service.include(api.router(lambda: service.pool, intake, _tell_now, guard))
    service.include(desk_api.router(lambda: service.pool, clock=_clock, wake=service.relay.wake))
    service.include(desk_pages.router(_surroundings(service, settings)))
    notice_keys = settings.signing_keys()
    service.include(notice_offer.router(notice_keys))
    notices = Notices(str(settings.notice_url), notice_keys) if settings.notice_url else None
    results_url = str(settings.results_url) if settings.results_url else None
    service.include(
        pages.router(lambda: service.pool, intake, _tell_now, guard, results_url=results_url, notices=notices)
    )
    service.include(
        account_pages.router(
            lambda: service.pool,
            identity.session_rules(settings),
            clock=_clock,
            provider=identity.provider_of(settings),
        )
    )
    service.every(_FORGET_SECONDS, "forget-sessions", lambda: identity.forget_sessions(service.pool, _clock()))
    numbers = RecentNumbers(lambda: service.pool, _clock)
    service.include(experiences_api.router(lambda: service.pool, numbers, clock=_clock))
    service.include(experiences_pages.router(lambda: service.pool, numbers, clock=_clock))
    service.include(moderation_api.router(lambda: service.pool, clock=_clock, wake=service.relay.wake))
    service.include(moderation_pages.router(lambda: service.pool, clock=_clock, wake=service.relay.wake))
    protection.add_privacy(service, settings, clock=_clock)
    service.include(agency_pages.router(lambda: service.pool, settings, clock=_clock))
    service.every(_MEASURE_SECONDS, "measure-moderation", lambda: measure(service.pool, _clock()))
    service.subscribe(subscribers.answers())
    service.subscribe(gate_subscription(service.relay.wake))
    return service


def _clock() -> datetime:
    return datetime.now(UTC)


def _tell_now() -> Told:
    return Told(now=_clock(), code=secrets.token_bytes(CODE_BYTES), new_id=new_id, trace=current_trace())


async def _forget_keys(service: Service) -> None:
    async with service.pool.acquire() as connection:
        await repository.forget_keys(connection, _clock() - KEPT)


async def _forget_counts(service: Service) -> None:
    async with service.pool.acquire() as connection:
        await forget_counts(connection, _clock())


def _surroundings(service: Service, settings: FeedbackSettings) -> Surroundings:
    return Surroundings(
        pool=lambda: service.pool,
        clock=_clock,
        wake=service.relay.wake,
        tell_now=_tell_now,
        default_days=settings.default_answer_days,
    )


async def _forget_events(service: Service, days: float) -> None:
    async with service.pool.acquire() as connection:
        await taken.forget(connection, _clock() - timedelta(days=days))
