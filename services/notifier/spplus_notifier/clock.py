"""What day it is where the figures are read."""

from datetime import date, datetime

from spplus_chassis.french import PARIS


def today() -> date:
    """The day in Paris: periods begin and end by it."""
    return datetime.now(PARIS).date()
