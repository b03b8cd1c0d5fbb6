"""Requests within a minute, by caller, in the memory of one process: cheap, approximate, forgotten at each start.

The generic cell rate algorithm: one number for each caller, the time at which its bucket would be empty again.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

_WINDOW_SECONDS: Final = 60.0
_MOST_CALLERS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Taken:
    """What is left after a request was asked for."""

    allowed: bool
    remaining: int
    """Requests that would be taken at once now."""
    reset_seconds: float
    """After how long all of the limit is free again."""
    retry_after_seconds: float
    """0 where it was allowed."""


class PerMinute:
    """A limit; 0 allows everything. `now` is any clock that never goes back, in seconds."""

    def __init__(self, limit: int, *, most_callers: int = _MOST_CALLERS) -> None:
        """Memory is bounded: beyond `most_callers`, those who were silent longest are forgotten, that is, forgiven."""
        self.limit = limit
        self._most_callers = most_callers
        self._recent: dict[Hashable, float] = {}
        self._earlier: dict[Hashable, float] = {}
        self._turned_at = 0.0

    def take(self, caller: Hashable, now: float, cost: int = 1) -> Taken:
        """Ask for `cost` requests at once: all or none of them."""
        if not self.limit:
            return Taken(allowed=True, remaining=0, reset_seconds=0.0, retry_after_seconds=0.0)
        self._turn(now)
        free_at = max(self._recent.get(caller, self._earlier.get(caller, now)), now)
        each = _WINDOW_SECONDS / self.limit
        after = free_at + cost * each
        over = after - now - _WINDOW_SECONDS
        allowed = over <= each / 1_000  # a thousandth of one: seconds are no exact numbers
        if allowed:
            free_at = after
        self._recent[caller] = free_at
        return Taken(
            allowed=allowed,
            remaining=max(0, int((_WINDOW_SECONDS - (free_at - now)) / each + 1 / 1_000)),
            reset_seconds=free_at - now,
            retry_after_seconds=0.0 if allowed else over,
        )

    def charge(self, caller: Hashable, now: float, cost: int) -> None:
        """Count what nobody asked for: the next requests pay for it, up to a whole minute of them."""
        if self.limit:
            self.take(caller, now, min(cost, self.take(caller, now, 0).remaining))

    def _turn(self, now: float) -> None:
        """Whoever was silent for a window has a full bucket: nothing to remember."""
        if now - self._turned_at >= _WINDOW_SECONDS or len(self._recent) >= self._most_callers:
            self._recent, self._earlier, self._turned_at = {}, self._recent, now
