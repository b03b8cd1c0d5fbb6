"""Telling the webhooks: one call at a time each, many at once, and those that hang apart from the others.

Calls that ended are written down together, and so are those that follow: a call costs a share of two transactions. What
was not written down when the process died is told again, under the same id.
"""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from spplus_chassis import metrics
from spplus_chassis.database import UNREACHABLE, Pool
from spplus_notifier.sealing import Sealer, UnsealableError
from spplus_notifier.webhooks import delivering_repository as repository
from spplus_notifier.webhooks.calling import Answer, Caller, Outcome
from spplus_notifier.webhooks.delivering_repository import Claimed, Ended, Message
from spplus_notifier.webhooks.message import signed_headers
from spplus_notifier.webhooks.patience import is_given_up, pause_after

log = structlog.get_logger()

_MOST_TOGETHER: Final = 50
"""Webhooks that one transaction takes: their messages are in memory and in its writes."""
_LEASE_BEYOND_CALL: Final = timedelta(seconds=20)
_POLL_SECONDS: Final = 0.5
_WITHOUT_KEY: Final = timedelta(minutes=5)
"""Until a secret that no key of ours opens is tried again: the key may come back, and the receiver is not to blame."""


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
        mails: bool = False,
    ) -> None:
        """`calls` at once to webhooks that answered last, and a quarter as many to those that did not.

        Where there are `mails`, contacts are told of webhooks that are disabled.
        """
        self._mails = mails
        self._pool = pool
        self._caller = caller
        self._sealer = sealer
        self._clock = clock
        self._chance = chance
        self._most = {False: calls, True: max(1, calls // 4)}
        self._running: dict[bool, set[asyncio.Task[None]]] = {False: set(), True: set()}
        self._ended: list[Ended] = []
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
                await self._settle()
                started = sum([await self._start(failing=failing) for failing in (False, True)])
                if not started:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._woken.wait(), _POLL_SECONDS)
        finally:
            under_way = [task for tasks in self._running.values() for task in tasks]
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)
            with contextlib.suppress(*UNREACHABLE):
                await self._settle()

    async def _start(self, *, failing: bool) -> int:
        running = self._running[failing]
        free = min(self._most[failing] - len(running), _MOST_TOGETHER)
        if free <= 0:
            return 0
        async with self._pool().acquire() as connection, connection.transaction():
            claimed = await repository.claim(
                connection, failing=failing, most=free, now=self._clock(), lease=self._lease
            )
        for each, message in claimed:
            task = asyncio.create_task(self._tell(each, message))
            running.add(task)
            task.add_done_callback(running.discard)
            task.add_done_callback(self._over)
        return len(claimed)

    def _over(self, task: "asyncio.Task[None]") -> None:
        self._woken.set()
        if not task.cancelled() and (failure := task.exception()) is not None:
            log.warning("webhook_call_broken", error=type(failure).__name__)  # its lease ends by itself

    async def _settle(self) -> None:
        ended = self._ended[:]
        if not ended:
            return
        async with self._pool().acquire() as connection, connection.transaction():
            disabled = await repository.settle(connection, ended, mails=self._mails)
        del self._ended[: len(ended)]
        for webhook_id, reason in disabled:
            metrics.WEBHOOKS_DISABLED.labels(reason).inc()
            log.warning("webhook_disabled", webhook_id=webhook_id, reason=reason)

    async def _tell(self, claimed: Claimed, message: Message) -> None:
        try:
            ended = await self._called(claimed, message)
        except asyncio.CancelledError:  # we stop: another may call at once
            self._ended.append(Ended(claimed, message, None))
            raise
        self._ended.append(ended)

    async def _called(self, claimed: Claimed, message: Message) -> Ended:
        sealed = [secret for secret in (claimed.sealed_secret, claimed.sealed_old_secret) if secret is not None]
        try:
            secrets = [self._sealer.open(secret) for secret in sealed]
        except UnsealableError:
            log.warning("webhook_secret_unsealable", webhook_id=claimed.webhook_id)
            return Ended(claimed, message, None, _WITHOUT_KEY)
        headers = signed_headers(message.message_id, self._clock(), message.body, secrets)
        answer = await self._caller.post(claimed.url, headers, message.body)
        metrics.WEBHOOK_CALLS.labels(answer.outcome.value).inc()
        if answer.outcome is Outcome.DELIVERED:
            return Ended(claimed, message, answer)
        pause = pause_after(claimed.failures + 1, self._chance())
        return Ended(claimed, message, answer, pause, self._reason_to_disable(claimed, answer))

    def _reason_to_disable(self, claimed: Claimed, answer: Answer) -> str | None:
        if answer.outcome is Outcome.GONE:
            return "gone"
        since = claimed.failing_since
        return "failing" if since is not None and is_given_up(since, self._clock()) else None
