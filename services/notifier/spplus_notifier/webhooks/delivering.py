"""Telling the webhooks: one call at a time each, many at once, and those that hang apart from the others."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from spplus_chassis import metrics
from spplus_chassis.database import Pool
from spplus_notifier.sealing import Sealer, UnsealableError
from spplus_notifier.webhooks import delivering_repository as repository
from spplus_notifier.webhooks.calling import Answer, Caller, Outcome
from spplus_notifier.webhooks.delivering_repository import Claimed, Message
from spplus_notifier.webhooks.message import signed_headers
from spplus_notifier.webhooks.patience import is_given_up, pause_after

log = structlog.get_logger()

_CALLS_IN_A_ROW: Final = 20
"""Then another webhook may have the slot."""
_LEASE_BEYOND_CALL: Final = timedelta(seconds=20)
_POLL_SECONDS: Final = 0.5


class Delivery:
    """Calls webhooks for as long as it runs. Any number of replicas may run it."""

    def __init__(
        self,
        pool: Callable[[], Pool],
        caller: Caller,
        sealer: Sealer,
        *,
        clock: Callable[[], datetime],
        chance: Callable[[], float],
        calls: int,
        call_seconds: float,
    ) -> None:
        """`calls` at once to webhooks that answered last, and a quarter as many to those that did not."""
        self._pool = pool
        self._caller = caller
        self._sealer = sealer
        self._clock = clock
        self._chance = chance
        self._most = {False: calls, True: max(1, calls // 4)}
        self._running: dict[bool, set[asyncio.Task[None]]] = {False: set(), True: set()}
        self._lease = timedelta(seconds=call_seconds) + _LEASE_BEYOND_CALL
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Something waits: look now instead of at the next poll."""
        self._woken.set()

    async def run(self) -> None:
        """Call until cancelled; calls under way are cancelled too, and made again under the same id."""
        try:
            while True:
                self._woken.clear()
                started = sum([await self._start(failing=failing) for failing in (False, True)])
                if not started:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._woken.wait(), _POLL_SECONDS)
        finally:
            under_way = [task for tasks in self._running.values() for task in tasks]
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _start(self, *, failing: bool) -> int:
        running = self._running[failing]
        free = self._most[failing] - len(running)
        claimed = (
            [] if free <= 0 else await repository.claim(self._pool(), failing=failing, most=free, lease=self._lease)
        )
        for each in claimed:
            task = asyncio.create_task(self._serve(each))
            running.add(task)
            task.add_done_callback(running.discard)
            task.add_done_callback(self._ended)
        return len(claimed)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._woken.set()
        if not task.cancelled() and (failure := task.exception()) is not None:
            log.warning("webhook_call_broken", error=type(failure).__name__)  # its lease ends by itself

    async def _serve(self, claimed: Claimed) -> None:
        for _ in range(_CALLS_IN_A_ROW):
            message = await self._next(claimed)
            if message is None or not await self._tell(claimed, message):
                return

    async def _next(self, claimed: Claimed) -> Message | None:
        async with self._pool().acquire() as connection, connection.transaction():
            return await repository.next_message(connection, claimed, self._clock(), self._lease)

    async def _tell(self, claimed: Claimed, message: Message) -> bool:
        answer = await self._call(claimed, message)
        metrics.WEBHOOK_CALLS.labels(answer.outcome.value).inc()
        async with self._pool().acquire() as connection, connection.transaction():
            if answer.outcome is Outcome.DELIVERED:
                await repository.succeeded(connection, claimed, message, answer)
                return True
            pause = pause_after(claimed.failures + 1, self._chance())
            disable = self._reason_to_disable(claimed, answer)
            await repository.failed(connection, claimed, message, answer, pause=pause, disable=disable)
        if disable is not None:
            metrics.WEBHOOKS_DISABLED.labels(disable).inc()
            log.warning("webhook_disabled", webhook_id=claimed.webhook_id, reason=disable)
        return False

    async def _call(self, claimed: Claimed, message: Message) -> Answer:
        sealed = [secret for secret in (claimed.sealed_secret, claimed.sealed_old_secret) if secret is not None]
        try:
            secrets = [self._sealer.open(secret) for secret in sealed]
        except UnsealableError:
            log.warning("webhook_secret_unsealable", webhook_id=claimed.webhook_id)
            return Answer(Outcome.UNREACHABLE)
        headers = signed_headers(message.message_id, self._clock(), message.body, secrets)
        return await self._caller.post(claimed.url, headers, message.body)

    def _reason_to_disable(self, claimed: Claimed, answer: Answer) -> str | None:
        if answer.outcome is Outcome.GONE:
            return "gone"
        since = claimed.failing_since
        return "failing" if since is not None and is_given_up(since, self._clock()) else None
