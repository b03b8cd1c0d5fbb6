"""The numbers of moderation, counted anew once a minute at most: counting reads every story."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from spplus_chassis.database import Pool
from spplus_feedback.experiences.numbers import Numbers, numbers_of
from spplus_feedback.experiences.queries import moderation_counts

Clock = Callable[[], datetime]
_LASTS: Final = timedelta(minutes=1)


class RecentNumbers:
    """The same numbers for everybody who asks within a minute."""

    def __init__(self, pool: Callable[[], Pool], clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._known: tuple[datetime, Numbers] | None = None
        self._counting = asyncio.Lock()

    async def now(self) -> Numbers:
        """As of this minute."""
        async with self._counting:
            now = self._clock()
            if self._known is None or now - self._known[0] >= _LASTS:
                async with self._pool().acquire() as connection:
                    self._known = now, numbers_of(await moderation_counts(connection))
            return self._known[1]
