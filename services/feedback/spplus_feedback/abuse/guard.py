"""The signs of a machine, looked for at the doors of citizens. What is suspicious is held, never lost."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from fastapi import Request

from spplus_chassis.database import Pool
from spplus_feedback import counters, stamps
from spplus_feedback.abuse.limited_callers import LIMITED, Networks, caller_of
from spplus_feedback.stories import Hold, Submission

TRAP: Final = "site_web"
"""A field that people neither see nor reach; programs fill in everything."""
_NAME: Final = "form"


@dataclass
class Guard:
    """Knows how a form looks that a person filled in."""

    pool: Callable[[], Pool] | None = None
    """Where the secret is kept that signs forms; None where forms are not signed."""
    least: timedelta = timedelta()
    """A form that comes back sooner is suspicious; 0 asks nothing of it."""
    unlimited: Networks = ()
    """Callers from here are not counted."""
    secret: bytes | None = field(default=None, repr=False)
    """Signs forms; fetched from the database where it is not given."""

    async def nonce(self, now: datetime) -> str:
        """What a new form carries: its idempotency key, and when it was shown."""
        word = uuid.uuid4().hex
        secret = await self._secret()
        return stamps.stamped(word, now, secret) if secret else word

    def seen(self, submission: Submission, request: Request) -> Submission:
        """The story with its caller, who is counted when it is stored."""
        return replace(submission, caller=caller_of(request.scope, self.unlimited))

    async def examined(
        self, submission: Submission, request: Request, sent: Mapping[str, Sequence[str]], nonce: str
    ) -> Submission:
        """The story of a form: with its caller, and held where a machine seems to have filled the form in."""
        return replace(self.seen(submission, request), held_for=await self._judge(sent, nonce, submission.accepted_at))

    @staticmethod
    def must_wait(request: Request) -> int | None:
        """After how many seconds the caller of this form may try again; None: at once."""
        seconds: int | None = request.scope.get(LIMITED)
        return seconds

    async def _judge(self, sent: Mapping[str, Sequence[str]], nonce: str, now: datetime) -> Hold | None:
        if any(sent.get(TRAP, ())):
            return Hold.HONEYPOT
        secret = await self._secret()
        if secret is None:
            return None
        shown_for = stamps.open_for(nonce, now, secret)
        return Hold.TOO_FAST if shown_for is None or shown_for < self.least else None

    async def _secret(self) -> bytes | None:
        if self.pool is None or not self.least:
            return None
        if self.secret is None:
            async with self.pool().acquire() as connection:
                self.secret = await counters.secret_named(connection, _NAME)
        return self.secret


OPEN: Final = Guard()
"""Suspects nobody."""
