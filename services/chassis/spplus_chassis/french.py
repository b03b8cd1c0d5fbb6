"""Numbers, days and months as French readers expect them. Pure: the time zone is the only thing looked up."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

NARROW = "\u202f"
"""Narrow no-break space: groups digits, and stands before the percent sign."""
MINUS = "\u2212"
PARIS = ZoneInfo("Europe/Paris")
MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
SHORT_MONTHS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")


def number(value: float, *, decimals: int = 1) -> str:
    """``1 234,5``; a decimal that is zero is left out."""
    text = f"{abs(value):,.{decimals}f}".replace(",", NARROW).replace(".", ",")
    if "," in text:
        text = text.rstrip("0").rstrip(",")
    return f"{MINUS}{text}" if value < 0 and text.strip("0,") else text


def percent(rate: float) -> str:
    """``78,8 %`` from 0.788."""
    return f"{number(rate * 100)}{NARROW}%"


def points(value: float) -> str:
    """``+12,5 points``: the sign is always said."""
    sign = "+" if value > 0 else ""
    return f"{sign}{counted(value, 'point')}"


def counted(value: float, noun: str, plural: str | None = None) -> str:
    """``1,5 jour``, ``2 jours``."""
    return f"{number(value)}\u00a0{plural or noun + 's' if is_plural(value) else noun}"


def fixed(question: str) -> str:
    """The same, with a question mark that no line can begin with."""
    return question.replace(" ?", "\u00a0?")


def is_plural(value: float) -> bool:
    """French counts in the plural from two on."""
    return abs(value) >= 2  # noqa: PLR2004 - the rule of the language


def day(value: date) -> str:
    """``1er mars 2026``."""
    return f"{'1er' if value.day == 1 else value.day} {MONTHS[value.month - 1]} {value.year}"


def month(value: date) -> str:
    """``mars 2026``."""
    return f"{MONTHS[value.month - 1]} {value.year}"


def since(month_said: str) -> str:
    """``d'avril 2026``, ``de mars 2026``."""
    return f"d'{month_said}" if month_said[0] in "ao" else f"de {month_said}"


def short_month(value: date) -> str:
    """``mars 26``."""
    return f"{SHORT_MONTHS[value.month - 1]} {value.year % 100:02}"


def moment(instant: datetime) -> str:
    """``1er mars 2026 à 9 h 05``, by the clocks of Paris."""
    there = instant.astimezone(PARIS)
    return f"{day(there.date())} à {there.hour}\u00a0h\u00a0{there.minute:02}"
