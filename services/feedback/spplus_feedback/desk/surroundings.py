"""What the pages of the desk need of the program around them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from spplus_chassis.database import Pool
from spplus_feedback.telling import TellNow

Sent = Mapping[str, Sequence[str]]
"""The fields of a form."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Given once, by the composition root."""

    pool: Callable[[], Pool]
    clock: Callable[[], datetime]
    wake: Callable[[], None]
    """Called after a commit: the relay has something to send."""
    tell_now: TellNow
    default_days: int
    """Delay of an answer where a structure announced none, days; 0 for none."""


def one(sent: Sent, name: str) -> str:
    """The first value of a field; browsers send the line ends of the network."""
    return next(iter(sent.get(name, ())), "").replace("\r\n", "\n")
