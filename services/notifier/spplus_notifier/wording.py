"""From a figure to French words that anybody understands. Pure.

A figure without a number says why, each reason in its own words: never a zero, never an empty cell alike.
"""

import math
from datetime import date, timedelta

from spplus_chassis import french
from spplus_contracts import IndicatorComputed
from spplus_contracts.vocabulary import IndicatorStatus, PeriodKind, Unit
from spplus_notifier import fractions
from spplus_notifier.catalogue import PROTECTED, Noun, Wording, wording_of

NOT_COLLECTED = "Non collecté"
NOT_APPLICABLE = "Sans objet"
NOT_ENOUGH = "Pas assez de réponses"
WITHDRAWN = "Chiffre retiré"
UNKNOWN = "Non disponible"
_UNDER_TEN = "moins de dix réponses"


def quantity(value: float, unit: Unit) -> str:
    """A value with its unit."""
    if unit is Unit.RATE:
        return french.percent(value)
    if unit is Unit.POINTS:
        return french.points(value)
    if unit is Unit.DAYS:
        return french.counted(value, "jour")
    return french.number(value)


def headline(figure: IndicatorComputed | None, *, applicable: bool = True) -> str:
    """The number, or the reason for none, in a few words."""
    if not applicable:
        return NOT_APPLICABLE
    if figure is None:
        return NOT_COLLECTED
    if figure.status is IndicatorStatus.OK and figure.value is not None:
        return quantity(figure.value, figure.unit)
    return {
        IndicatorStatus.INSUFFICIENT_SAMPLE: NOT_ENOUGH,
        IndicatorStatus.NOT_COLLECTED: NOT_COLLECTED,
        IndicatorStatus.NOT_APPLICABLE: NOT_APPLICABLE,
        IndicatorStatus.WITHDRAWN: WITHDRAWN,
    }.get(figure.status, UNKNOWN)


def sentence(figure: IndicatorComputed | None, code: str, *, applicable: bool = True) -> str:
    """What the figure says, as one or two sentences."""
    words = wording_of(code)
    if not applicable or (figure is not None and figure.status is IndicatorStatus.NOT_APPLICABLE):
        return "Cette question ne concerne pas cette structure."
    if figure is None or figure.status is IndicatorStatus.NOT_COLLECTED:
        return "Personne n'a encore transmis d'information à ce sujet pour cette période."
    if figure.status is IndicatorStatus.INSUFFICIENT_SAMPLE:
        return _too_few(figure, words)
    if figure.status is IndicatorStatus.WITHDRAWN:
        return "Ce chiffre a été publié, puis retiré de la publication."
    if figure.status is not IndicatorStatus.OK or figure.value is None:
        return "Ce chiffre ne peut pas être affiché ici."
    return _with_value(figure, figure.value, words)


def _too_few(figure: IndicatorComputed, words: Wording) -> str:
    if _is_under_ten(figure):
        return (
            "L'enquête n'a pour l'instant aucun groupe de dix réponses à publier ; "
            "moins de dix réponses ne se publient pas, pour que personne ne soit reconnu."
        )
    if figure.n == 0:
        return words.nothing or f"Il n'y a eu {words.noun.none} sur cette période."
    return f"{_counted(figure.n, words.noun)} seulement : c'est trop peu pour donner un chiffre fiable."


def _is_under_ten(figure: IndicatorComputed) -> bool:
    """Answers to surveys are counted in steps of ten: none told may be nine given."""
    return figure.indicator_code in PROTECTED and figure.n == 0 and figure.status is IndicatorStatus.INSUFFICIENT_SAMPLE


def _counted(count: float, noun: Noun) -> str:
    return french.counted(count, noun.one, noun.many if french.is_plural(count) else noun.one)


def _with_value(figure: IndicatorComputed, value: float, words: Wording) -> str:
    if words.share is not None and figure.numerator is not None and figure.denominator is not None:
        top = _counted(figure.numerator, words.noun)
        verb = words.share[french.is_plural(figure.numerator)]
        return f"{top} sur {french.number(figure.denominator)} {verb}, soit {quantity(value, figure.unit)}."
    if words.outcome is not None:
        return f"{_counted(value, words.noun)} {words.outcome[french.is_plural(value)]}."
    if words.plain is not None:
        said = words.plain.format(value=quantity(value, figure.unit))
        return f"{said} (calcul sur {_counted(figure.n, words.noun)})."
    return f"{quantity(value, figure.unit)} (calcul sur {_counted(figure.n, words.noun)})."


def plain(figure: IndicatorComputed | None, code: str, *, applicable: bool = True) -> str:
    """One sentence for everybody, which never says more than the figure's interval allows."""
    words = wording_of(code)
    if not applicable or figure is None or figure.status is not IndicatorStatus.OK or figure.value is None:
        return sentence(figure, code, applicable=applicable)
    if figure.unit is Unit.RATE and words.share is not None:
        return f"{_share(figure, figure.value, words)}."
    if figure.unit is Unit.DAYS and words.plain is not None and figure.interval is not None:
        return f"{words.plain.format(value=_days(figure.value, figure.interval.high))}."
    if figure.unit is Unit.POINTS and words.balance is not None and figure.interval is not None:
        more, less, even = words.balance
        said = more if figure.interval.low > 0 else less if figure.interval.high < 0 else even
        return f"{said} (solde : {quantity(figure.value, figure.unit)})."
    return _with_value(figure, figure.value, words)


def _share(figure: IndicatorComputed, value: float, words: Wording) -> str:
    noun = words.noun
    verbs = words.share or ("", "")
    if figure.interval is not None:
        said = fractions.about(value, figure.interval.low, figure.interval.high, noun.one, noun.many)
        return f"{said.text} {verbs[said.plural]}"
    if figure.numerator is not None and figure.denominator is not None:
        counted = f"{_counted(figure.numerator, noun)} sur {french.number(figure.denominator)}"
        return f"{counted} {verbs[french.is_plural(figure.numerator)]}"
    return f"{quantity(value, figure.unit)} des {noun.many} {verbs[True]}"


_CLOSE_DAYS = 1.0
_CLOSE_SHARE = 0.25
"""Farthest that the margin may reach above a delay, in days or as a share of it, for the delay itself to be said."""


def _days(value: float, high: float) -> str:
    """Whole days that the delay does not exceed; those of its margin's end where the margin is wide."""
    close = high - value <= max(_CLOSE_DAYS, _CLOSE_SHARE * value)
    return french.counted(max(1, math.ceil(value if close else high)), "jour")


def margin(figure: IndicatorComputed) -> str | None:
    """The interval, as a sentence."""
    if figure.interval is None:
        return None
    low, high = (quantity(bound, figure.unit) for bound in (figure.interval.low, figure.interval.high))
    return f"Marge d'incertitude : de {low} à {high} (intervalle à 95{french.NARROW}%)."


def short_margin(figure: IndicatorComputed) -> str:
    """Both ends of the interval in a table."""
    if figure.interval is None:
        return ""
    low, high = (quantity(bound, figure.unit) for bound in (figure.interval.low, figure.interval.high))
    return f"de {low} à {high}"


def sample(figure: IndicatorComputed) -> str:
    """How many answers it rests on."""
    return _UNDER_TEN if _is_under_ten(figure) else _counted(figure.n, wording_of(figure.indicator_code).noun)


def period(kind: PeriodKind, start: date, end: date) -> str:
    """Name of a period, half-open as in the data."""
    match kind:
        case PeriodKind.MONTH:
            return french.month(start)
        case PeriodKind.QUARTER:
            return quarter(start)
        case PeriodKind.YEAR:
            return f"année {start.year}"
        case PeriodKind.ROLLING_12:
            first, last = french.month(start), french.month(end - timedelta(days=1))
            return f"{french.since(first)} à {last}"
    return f"du {french.day(start)} au {french.day(end - timedelta(days=1))}"


def against(kind: PeriodKind, start: date, before: date) -> str:
    """``3e trimestre 2026 comparé au 3e trimestre 2025``."""
    if kind is PeriodKind.QUARTER:
        return f"{quarter(start).capitalize()} comparé au {quarter(before)}"
    return f"Année {start.year} comparée à l'année {before.year}"


def quarter(start: date) -> str:
    """``1er trimestre 2026``."""
    return f"{_ordinal((start.month + 2) // 3, 'er')} trimestre {start.year}"


def short_quarter(start: date) -> str:
    """``T1 26``, under a chart."""
    return f"T{(start.month + 2) // 3} {start.year % 100:02}"


def freshness(figure: IndicatorComputed) -> str:
    """Which revision it is, and when it was computed."""
    return f"{_ordinal(figure.revision, 're')} version, calculée le {french.moment(figure.computed_at)}."


def _ordinal(number: int, first: str) -> str:
    return f"1{first}" if number == 1 else f"{french.number(number)}e"
