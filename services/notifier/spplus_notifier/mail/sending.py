"""Sending mails: each once, whatever dies in between."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from email.headerregistry import Address
from typing import Final

import structlog

from spplus_chassis import metrics
from spplus_chassis.database import Pool
from spplus_notifier.mail import sending_repository as repository
from spplus_notifier.mail.letters import Addresses, letter_of
from spplus_notifier.mail.message import message_of
from spplus_notifier.mail.patience import is_given_up, pause_after, pause_without_server
from spplus_notifier.mail.recipients import Recipient
from spplus_notifier.mail.sending_repository import Claimed
from spplus_notifier.mail.smtp import (
    MESSAGE_SECONDS,
    OPEN_SECONDS,
    Lines,
    RefusedError,
    Server,
    UncertainError,
    UnreachableError,
    hand_over,
)
from spplus_notifier.sealing import Sealer, UnsealableError

log = structlog.get_logger()

_LEASE: Final = timedelta(seconds=OPEN_SECONDS + MESSAGE_SECONDS + 30)
_POLL_SECONDS: Final = 1.0


class Postman:
    """Sends what waits for as long as it runs. Any number of replicas may run it."""

    def __init__(
        self,
        pool: Callable[[], Pool],
        sealer: Sealer,
        server: Server,
        *,
        sender: Address,
        addresses: Addresses,
        clock: Callable[[], datetime],
        connections: int,
        per_minute: int | None = None,
    ) -> None:
        """`connections` to the mail server at once, and so many mails a minute."""
        self._pool = pool
        self._sealer = sealer
        self._lines = Lines(server)
        self._sender = sender
        self._addresses = addresses
        self._clock = clock
        self._connections = connections
        self._seconds_each = 60 / per_minute if per_minute else 0.0
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """A mail waits: look now instead of at the next poll."""
        self._woken.set()

    async def run(self) -> None:
        """Send until cancelled."""
        try:
            while True:
                await self._round()
        finally:
            await self._lines.rest()

    async def _round(self) -> None:
        """Send some of what is due, no faster than we may; with nothing due, wait."""
        self._woken.clear()
        mails = await repository.claim(self._pool(), most=self._connections, lease=_LEASE)
        if mails:
            next_at = time.monotonic() + len(mails) * self._seconds_each
            await self._send_all(mails)
            await asyncio.sleep(max(0.0, next_at - time.monotonic()))
        else:
            await self._lines.rest()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), _POLL_SECONDS)

    async def _send_all(self, mails: Sequence[Claimed]) -> None:
        """Whoever stops us waits until each mail has ended: one that is cut off would be uncertain."""
        under_way = asyncio.gather(*map(self._send, mails), return_exceptions=True)
        try:
            ended = await asyncio.shield(under_way)
        except asyncio.CancelledError:
            await under_way
            raise
        for failure in ended:
            if failure is not None:
                raise failure

    async def _send(self, mail: Claimed) -> None:
        try:
            recipient = Recipient.opened(self._sealer, mail.sealed_recipient)
        except UnsealableError:  # a key is missing here; it may come back
            log.warning("mail_unsealable", mail_id=mail.mail_id)
            await repository.try_later(self._pool(), mail, None, pause_without_server(mail.attempts))
            return
        message = self._message(mail, recipient)
        try:
            async with self._lines.accepted(self._sender.addr_spec, recipient.address) as client:
                if not await repository.mark(self._pool(), mail, _LEASE):
                    return
                await hand_over(client, message)
        except RefusedError as refused:
            await self._refused(mail, refused)
        except UnreachableError as fault:
            log.warning("mail_server_unreachable", fault=str(fault))
            await repository.try_later(self._pool(), mail, None, pause_without_server(mail.attempts))
            metrics.MAILS.labels("unreachable").inc()
        except UncertainError as fault:
            log.warning("mail_uncertain", mail_id=mail.mail_id, fault=str(fault))
            await self._finish(mail, "uncertain", None)
        else:
            await self._finish(mail, "sent", 250)

    def _message(self, mail: Claimed, recipient: Recipient) -> bytes:
        letter = letter_of(mail.kind, recipient.code, self._addresses, mail.parameters)
        return message_of(
            letter, mail_id=mail.mail_id, sender=self._sender, recipient=recipient.address, now=self._clock()
        )

    async def _refused(self, mail: Claimed, refused: RefusedError) -> None:
        if refused.permanent:
            await self._finish(mail, "bounced", refused.code)
        elif is_given_up(mail.made_at, self._clock()):
            await self._finish(mail, "given_up", refused.code)
        else:
            await repository.try_later(self._pool(), mail, refused.code, pause_after(mail.attempts))
            metrics.MAILS.labels("refused_for_now").inc()

    async def _finish(self, mail: Claimed, state: str, reply: int | None) -> None:
        await repository.finish(self._pool(), mail, state, reply)
        metrics.MAILS.labels(state).inc()
