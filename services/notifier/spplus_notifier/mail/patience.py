"""When a mail that could not be sent is tried again. Pure."""

from datetime import datetime, timedelta
from typing import Final

_PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 240, 240, 240, 240, 240))
MOST_PATIENCE: Final = timedelta(days=1)
_LONGEST_WITHOUT_SERVER: Final = timedelta(minutes=15)


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many tries (at least one) that were refused for now."""
    return _PAUSES[min(attempts, len(_PAUSES)) - 1]


def pause_without_server(attempts: int) -> timedelta:
    """The same where the server was away: no mail is given up for that."""
    return min(pause_after(attempts), _LONGEST_WITHOUT_SERVER)


def is_given_up(made_at: datetime, now: datetime) -> bool:
    """Whether a server refused a mail for so long that it is not tried any more."""
    return now - made_at >= MOST_PATIENCE
