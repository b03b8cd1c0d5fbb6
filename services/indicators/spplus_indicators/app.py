"""The composition root: settings in, a service that scores out."""

from datetime import UTC, datetime, timedelta

from spplus_chassis.service import Service
from spplus_indicators import api, history_repository, jobs, restoration_repository, revisions_log, subscribers
from spplus_indicators.canopy import Pace
from spplus_indicators.catching_up import CatchingUp
from spplus_indicators.gauges import Gauges
from spplus_indicators.publisher import Publisher
from spplus_indicators.settings import IndicatorsSettings

_TURN_SECONDS = 30.0
_LOOK_SECONDS = 0.5
_GAUGE_SECONDS = 5.0
_UNDECLARED_SECONDS = 30.0
_THIN_SECONDS = 600.0


def system_clock() -> datetime:
    """Now, UTC."""
    return datetime.now(UTC)


def build(settings: IndicatorsSettings) -> Service:
    """Put the service together; nothing is opened before it is served."""
    service = Service("indicators", settings, package="spplus_indicators")
    publisher = Publisher(
        lambda: service.pool,
        clock=system_clock,
        thresholds=settings.thresholds,
        pace=_pace(settings),
        instance=settings.instance,
        on_published=service.relay.wake,
        held=restoration_repository.held,
    )
    undeclared_alert = timedelta(days=settings.undeclared_alert_days)
    gauges = Gauges(lambda: service.pool, clock=system_clock, undeclared_alert=undeclared_alert)
    service.include(
        api.router(
            lambda: service.pool,
            thresholds=settings.thresholds,
            undeclared_alert=undeclared_alert,
            clock=system_clock,
        )
    )
    service.subscribe(subscribers.subscription(clock=system_clock, after_commit=publisher.wake))

    service.relay.learner = lambda: revisions_log.RevisionsLog(settings, subscribers.TOPICS, system_clock)
    catching_up = CatchingUp(lambda: service.pool, settings, subscribers.NAME, publisher.wake)

    async def look() -> None:
        await catching_up.look()

    async def sweep() -> None:
        publisher.wake(await jobs.sweep(service.pool, system_clock()))

    async def turn() -> None:
        publisher.wake(await jobs.turn_day(service.pool, system_clock()))
        await publisher.close_periods()

    async def thin() -> None:
        await history_repository.thin(service.pool, system_clock())

    service.background("publish", publisher.run)
    service.every(_LOOK_SECONDS, "catching-up", look)
    service.every(settings.sweep_seconds, "sweep", sweep)
    service.every(_TURN_SECONDS, "turn", turn)
    service.every(_THIN_SECONDS, "thin", thin)
    service.every(_GAUGE_SECONDS, "measure-backlog", gauges.measure_backlog)
    service.every(_UNDECLARED_SECONDS, "measure-undeclared", gauges.measure_undeclared)
    return service


def _pace(settings: IndicatorsSettings) -> Pace:
    return Pace(
        small_seconds=settings.publish_small_seconds,
        large_seconds=settings.publish_large_seconds,
        root_seconds=settings.publish_root_seconds,
        longer_seconds=settings.publish_longer_seconds,
        large_descendants=settings.large_descendants,
        batch=settings.publish_batch,
        poll_seconds=settings.publish_poll_seconds,
    )
