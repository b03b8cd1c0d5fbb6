"""A service: assembled from its parts, started, watched, drained."""

import asyncio
import contextlib
import gc
import logging
import resource
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from types import FrameType
from typing import Any

import structlog
import uvicorn
from fastapi import APIRouter, FastAPI
from faststream.kafka import KafkaBroker
from starlette.middleware import Middleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from spplus_chassis import dead_letters_queries, dead_letters_replay, health, metrics, reference
from spplus_chassis.bus import Intake
from spplus_chassis.database import Pool, open_pool
from spplus_chassis.delivery import AnyDelivery, AnySubscription, Delivery
from spplus_chassis.http import MeasuredRequests
from spplus_chassis.patience import PatientProtocol
from spplus_chassis.problem import RESPONSES, install_problems
from spplus_chassis.relay import Relay
from spplus_chassis.screening import ScreenedAnswers
from spplus_chassis.settings import ServiceSettings
from spplus_chassis.telemetry import configure, describe
from spplus_chassis.tracing import TracedRequests
from spplus_contracts.topics import dead_letters

log = structlog.get_logger()

Job = Callable[[], Awaitable[None]]
_DRAIN_SECONDS = 20
_MEASURE_SECONDS = 1.0
_LETTERS_SECONDS = 5.0
_EXPIRE_SECONDS = 3_600.0


class Service:
    """One service of the platform. Build it, add its parts, then `serve` it."""

    def __init__(self, name: str, settings: ServiceSettings, *, package: str, version: str = "0.1.0") -> None:
        self.name = name
        self.settings = settings
        self.package = package
        self.app = FastAPI(
            title=f"spplus {name}",
            version=version,
            lifespan=self._lifespan,
            responses=RESPONSES,
            docs_url=None,
            redoc_url=None,
        )
        self.relay = Relay(name, lambda: self.pool, settings)
        self.intakes: list[Intake] = []
        self._broker = KafkaBroker(
            settings.kafka_bootstrap_servers,
            security=settings.faststream_security(),
            client_id=f"spplus-{name}",
            consumer_only=True,  # the relay is the only producer
            graceful_timeout=_DRAIN_SECONDS,
            retry_backoff_ms=100,
            metadata_max_age_ms=10_000,
            logger=logging.getLogger("spplus_chassis.bus"),
            log_level=logging.DEBUG,
        )
        self._pool: Pool | None = None
        self._jobs: dict[str, Job] = {}
        self._starters: list[Job] = []
        self._stoppers: list[Callable[[], None]] = []
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._consuming = False
        install_problems(self.app)
        self.app.add_middleware(TracedRequests)
        self.app.add_middleware(MeasuredRequests)
        self.app.add_middleware(ScreenedAnswers, hsts_seconds=settings.hsts_seconds)
        if settings.trusted_proxies:
            self.app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=settings.trusted_proxies.split(","))
        self.app.include_router(health.router(self))
        self.app.include_router(reference.router(self.app))
        self.background("relay", self.relay.run)
        self.every(_MEASURE_SECONDS, "measure", self._measure)
        self.every(_LETTERS_SECONDS, "measure-dead-letters", self._measure_letters)
        self.every(_EXPIRE_SECONDS, "expire-dead-letters", self._expire_letters)

    @property
    def pool(self) -> Pool:
        """Connections to the service's database; raises before the start."""
        if self._pool is None:
            message = "the service has not started"
            raise RuntimeError(message)
        return self._pool

    @property
    def consuming(self) -> bool:
        """Whether each subscription takes part in its group."""
        return self._consuming and all(intake.ready for intake in self.intakes)

    @property
    def deliveries(self) -> list[AnyDelivery]:
        """The writers of the subscriptions."""
        return [intake.delivery for intake in self.intakes]

    def include(self, router: APIRouter) -> None:
        """Add HTTP routes."""
        self.app.include_router(router)

    def inside(self, middleware: Any, **options: Any) -> None:  # noqa: ANN401 - passed on to the framework
        """Put a middleware behind those that are there: it knows the caller, and its own answers are screened."""
        self.app.user_middleware.append(Middleware(middleware, **options))

    def subscribe(self, subscription: AnySubscription) -> None:
        """Add a consumer of the bus."""
        settings = self.settings
        delivery: AnyDelivery = Delivery(
            subscription,
            lambda: self.pool,
            dead_letter_topic=dead_letters(self.name).name,
            poison_stop=(settings.poison_stop_count, settings.poison_stop_share),
        )
        delivery.on_buried = self.relay.wake
        self.intakes.append(Intake(self._broker, delivery, settings, lambda: self.pool))
        self.background(f"write-{subscription.name}", delivery.run)

    def background(self, name: str, job: Job) -> None:
        """Run a loop for as long as the service lives; start it again when it fails."""
        self._jobs[name] = job

    def every(self, seconds: float, name: str, job: Job) -> None:
        """Run a job again and again with a pause between."""

        async def loop() -> None:
            while True:
                await job()
                await asyncio.sleep(seconds)

        self.background(name, loop)

    def on_start(self, job: Job) -> None:
        """Run once before anything else; the database may be asked."""
        self._starters.append(job)

    def on_stop(self, stopper: Callable[[], None]) -> None:
        """Call before open connections are waited for: to end streams that never end by themselves."""
        self._stoppers.append(stopper)

    def begin_stop(self) -> None:
        """Say to all parts that the end is near."""
        for stopper in self._stoppers:
            stopper()

    @asynccontextmanager
    async def _lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        self._pool = await open_pool(self.settings.database_url, self.settings.database_pool_size)
        for starter in self._starters:
            await starter()
        for name, job in self._jobs.items():
            self._tasks[name] = asyncio.create_task(_kept_alive(name, job), name=name)
        self._tasks["consume"] = asyncio.create_task(_kept_alive("consume", self._consume), name="consume")
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000)
        try:
            yield
        finally:
            await self._drain()

    async def _consume(self) -> None:
        if not self.intakes:
            self._consuming = True
            return
        try:
            await self._broker.start()
        except BaseException:
            await self._broker.stop()
            raise
        self._consuming = True
        log.info("consuming", consumers=[delivery.subscription.name for delivery in self.deliveries])

    async def _drain(self) -> None:
        started = time.monotonic()
        self._tasks.pop("consume").cancel()
        with contextlib.suppress(Exception):  # a broker that is away must not keep us from stopping
            await asyncio.wait_for(self._broker.stop(), _DRAIN_SECONDS)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*(delivery.drained() for delivery in self.deliveries)), 10)
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.pool.close(), 5)
        log.info("stopped", seconds=round(time.monotonic() - started, 3))

    async def _measure(self) -> None:
        await self.relay.measure()
        for intake in self.intakes:
            await intake.measure_lag()
            await intake.delivery.look_back()
            delivery = intake.delivery
            metrics.CONSUMER_STOPPED.labels(delivery.subscription.name).set(delivery.stopped_by_poison)

    async def _measure_letters(self) -> None:
        waiting = await dead_letters_queries.waiting(self.pool)
        metrics.DEAD_LETTERS_ROWS.clear()
        for each in waiting:
            metrics.DEAD_LETTERS_ROWS.labels(each.reason).set(each.letters)
        metrics.DEAD_LETTERS_AGE.set(max((each.age_seconds for each in waiting), default=0.0))

    async def _expire_letters(self) -> None:
        kept = timedelta(days=self.settings.dead_letters_kept_days)
        metrics.DEAD_LETTERS_EXPIRED.inc(await dead_letters_replay.expire(self.pool, kept))


async def _kept_alive(name: str, job: Job) -> None:
    pause = 0.2
    while True:
        began = time.monotonic()
        try:
            await job()
        except Exception as error:
            metrics.JOB_FAILURES.labels(name).inc()
            log.warning("job_failed", job=name, error=describe(error), exc_info=error)
        else:
            return
        pause = 0.2 if time.monotonic() - began > 30 else min(pause * 2, 10)  # noqa: PLR2004 - it had recovered
        await asyncio.sleep(pause)


class _Server(uvicorn.Server):
    """Tells the service about the signal before it waits for open connections."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._service.begin_stop()
        super().handle_exit(sig, frame)


def serve(service: Service, **options: Any) -> None:  # noqa: ANN401 - passed on to uvicorn
    """Run a service until SIGTERM or SIGINT; then finish what is in hand."""
    configure(service.name, service.settings.log_level)
    _allow_open_files()
    config = uvicorn.Config(
        service.app,
        host=service.settings.http_host,
        port=service.settings.http_port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
        http=PatientProtocol,
        proxy_headers=False,
        **options,
    )
    _Server(config, service).run()


def _allow_open_files() -> None:
    """As many as the system lets us: each reader of a stream and each kept connection is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
