"""How long is left, in the words of a desk: a deadline is missed or not, and says so without any colour."""

from datetime import date, datetime, timedelta
from typing import Final

from spplus_feedback.deadlines import end_of_day, is_working_day, last_day, paris_day

NO_DEADLINE: Final = "sans date annoncée"
_NEAR: Final = {0: "aujourd’hui", 1: "demain"}
_LONG: Final = timedelta(days=366)
_SUNDAY: Final = 6


def due_words(due_at: datetime | None, now: datetime, department: str | None = None) -> str:
    """``en retard de 2 jours``, ``aujourd’hui``, ``demain``, ``dans 3 jours ouvrés``."""
    if due_at is None:
        return NO_DEADLINE
    today, last = paris_day(now), last_day(due_at)
    if due_at < now:
        late = (today - last).days
        return f"en retard de {_days(late)}" if late else "en retard depuis aujourd’hui"
    ahead = max(0, (last - today).days)
    if ahead in _NEAR:
        return _NEAR[ahead]
    if last - today > _LONG:
        return "dans plus d’un an"
    return _working(today, last, department)


def _working(today: date, last: date, department: str | None) -> str:
    left = working_days_left(today, last, department)
    if left:
        return f"dans {left} jours ouvrés" if left > 1 else "dans 1 jour ouvré"
    return f"dans {_days((last - today).days)}, sans jour ouvré d’ici là"


def working_days_left(today: date, last: date, department: str | None = None) -> int:
    """Working days after today, up to and with the last."""
    days = (today + timedelta(days=ahead + 1) for ahead in range((last - today).days))
    return sum(is_working_day(day, department) for day in days)


def end_of_week(now: datetime) -> datetime:
    """24:00 of this week's Sunday in Paris, UTC."""
    today = paris_day(now)
    return end_of_day(today + timedelta(days=_SUNDAY - today.weekday()))


def _days(count: int) -> str:
    return f"{count} jours" if count > 1 else f"{count} jour"
