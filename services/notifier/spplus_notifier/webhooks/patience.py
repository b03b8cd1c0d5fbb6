"""When a call that failed is tried again, and when a webhook is disabled. Pure."""

from datetime import datetime, timedelta
from typing import Final

PAUSES: Final = tuple(
    timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 14_400, 14_400)
)
"""After the first failure, the second ...; about a day in all."""
MOST_PATIENCE: Final = timedelta(days=1)
_SPREAD: Final = 0.2


def pause_after(failures: int, chance: float) -> timedelta:
    """How long to wait after so many failures in a row (at least one).

    `chance` in [0, 1) spreads those that failed together: up to a fifth longer.
    """
    return PAUSES[min(failures, len(PAUSES)) - 1] * (1 + _SPREAD * chance)


def is_given_up(failing_since: datetime, now: datetime) -> bool:
    """Whether an address failed for so long that it is not called any more."""
    return now - failing_since >= MOST_PATIENCE
