"""Weeks of the digest, and what figures say in a mail. Pure."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final

from spplus_chassis import french
from spplus_chassis.french import PARIS
from spplus_contracts import IndicatorComputed
from spplus_notifier import catalogue, wording

OVERDUE: Final = "overdue_count"
"""The indicator of requests past their deadline, which a digest tells before all others."""
_AT: Final = time(8)
SETTLED_AFTER: Final = timedelta(days=3)
"""A closed period is compared after this time, when late answers of its last days are in."""


def week_of(now: datetime) -> date:
    """The last Monday whose 8 o'clock in Paris has passed."""
    there = now.astimezone(PARIS)
    monday = there.date() - timedelta(days=there.weekday())
    return monday if begins(monday) <= now else monday - timedelta(days=7)


def begins(monday: date) -> datetime:
    """8 o'clock in Paris of that day."""
    return datetime.combine(monday, _AT, PARIS)


def week_line(now: IndicatorComputed, before: IndicatorComputed | None) -> str | None:
    """What an indicator says now, and said a week ago; none where that is the same."""
    said, sample = wording.headline(now), wording.sample(now)
    old = None if before is None else wording.headline(before)
    if before is not None and (said, sample) == (old, wording.sample(before)):
        return None
    against = f", contre {old} une semaine plus tôt" if old not in {None, said} else ""
    return f"{_name(now)} : {said}, sur {sample}{against}."


def overdue_line(now: IndicatorComputed, before: IndicatorComputed | None) -> str | None:
    """How many requests are overdue, and since when that is so; none where none is or was."""
    if now.value is None:
        return None
    old = now.value if before is None or before.value is None else before.value
    if not now.value and not old:
        return None
    since = french.day(now.computed_at.astimezone(PARIS).date())
    said = wording.sentence(now, OVERDUE).removesuffix(".") if now.value else "Aucune demande n'est en retard"
    against = "" if old == now.value else f", contre {french.number(old)} une semaine plus tôt"
    return f"{said}{against} (chiffre du {since})."


def clear_change(now: IndicatorComputed, before: IndicatorComputed) -> str | None:
    """The sentence about two closed periods whose intervals do not overlap; none where they do."""
    if now.provisional or before.provisional or now.interval is None or before.interval is None:
        return None
    if now.value is None or before.value is None or now.unit is not before.unit:
        return None
    if now.interval.low <= before.interval.high and before.interval.low <= now.interval.high:
        return None
    old, new = (
        f"{wording.quantity(value, figure.unit)} en {wording.period(figure.period.kind, *_span(figure))} "
        f"(sur {wording.sample(figure)})"
        for figure, value in ((before, before.value), (now, now.value))
    )
    return f"{_name(now)} : de {old} à {new}."


def in_order(lines: Mapping[str, str]) -> list[str]:
    """Lines by indicator in the order of the pages, those that are unknown there at the end."""
    known = {code: place for place, code in enumerate(catalogue.order())}
    return [lines[code] for code in sorted(lines, key=lambda code: (known.get(code, len(known)), code))]


def _name(figure: IndicatorComputed) -> str:
    return catalogue.wording_of(figure.indicator_code).short


def _span(figure: IndicatorComputed) -> tuple[date, date]:
    return figure.period.start, figure.period.end
