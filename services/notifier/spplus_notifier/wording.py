"""From a figure to French words that anybody understands. Pure.

A figure without a number says why, each reason in its own words: never a zero, never an empty cell alike.
"""

from dataclasses import dataclass

from spplus_contracts import IndicatorComputed
from spplus_contracts.vocabulary import IndicatorStatus, PeriodKind, Unit
from spplus_notifier import french


@dataclass(frozen=True, slots=True)
class Wording:
    """How one indicator is spoken of."""

    title: str
    """Title of its part of the page."""
    short: str
    """Name in tables."""
    share: tuple[str, str] | None = None
    """What the numerator did, for one and for many, after "{top} sur {bottom}"."""
    noun: str = "réponse"
    """What `n` counts."""
    plain: str | None = None
    """Sentence around {value}, where there is no share."""


WORDINGS: dict[str, Wording] = {
    "experience_satisfaction": Wording(
        "Les usagers sont-ils satisfaits ?",
        "Expériences positives",
        share=("est positive", "sont positives"),
        noun="expérience",
    ),
    "experience_net_sentiment": Wording(
        "Positif ou négatif, de quel côté penche la balance ?",
        "Solde des ressentis",
        noun="expérience",
        plain="Le solde des expériences positives et négatives est de {value}, sur une échelle de moins 100 à plus 100",
    ),
    "experience_count": Wording(
        "Combien d'usagers ont raconté leur expérience ?",
        "Expériences racontées",
        noun="expérience",
    ),
    "answer_rate": Wording(
        "Les usagers reçoivent-ils une réponse ?",
        "Expériences ayant reçu une réponse",
        share=("a reçu une réponse", "ont reçu une réponse"),
        noun="expérience",
    ),
    "on_time_rate": Wording(
        "Les réponses arrivent-elles dans le délai annoncé ?",
        "Réponses dans le délai annoncé",
        share=("a reçu sa réponse dans le délai annoncé", "ont reçu leur réponse dans le délai annoncé"),
        noun="demande",
    ),
    "answer_delay_median": Wording(
        "Combien de temps faut-il attendre une réponse ?",
        "Délai de réponse, une réponse sur deux",
        plain="Une réponse sur deux est arrivée en {value} ou moins",
    ),
    "answer_delay_p75": Wording(
        "Combien de temps attendent trois usagers sur quatre ?",
        "Délai de réponse, trois réponses sur quatre",
        plain="Trois réponses sur quatre sont arrivées en {value} ou moins",
    ),
    "answer_delay_p90": Wording(
        "Combien de temps attendent neuf usagers sur dix ?",
        "Délai de réponse, neuf réponses sur dix",
        plain="Neuf réponses sur dix sont arrivées en {value} ou moins",
    ),
    "pickup_rate": Wording(
        "Quelqu'un décroche-t-il au téléphone ?",
        "Appels pris par un agent",
        share=("a été pris par un agent", "ont été pris par un agent"),
        noun="appel",
    ),
}
"""Every indicator that the pages know, by code; another is shown under its code."""

BRIEF = {
    "experience_satisfaction": "des expériences sont positives",
    "answer_rate": "ont reçu une réponse",
    "on_time_rate": "des réponses sont arrivées à temps",
}
"""What follows the number at the top of a page."""

NOT_COLLECTED = "Non collecté"
NOT_APPLICABLE = "Sans objet"
NOT_ENOUGH = "Pas assez de réponses"
WITHDRAWN = "Chiffre retiré"
UNKNOWN = "Non disponible"


def wording_of(code: str) -> Wording:
    """How an indicator is spoken of."""
    return WORDINGS.get(code) or Wording(code, code)


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
        return _too_few(figure.n, words)
    if figure.status is IndicatorStatus.WITHDRAWN:
        return "Ce chiffre a été publié, puis retiré de la publication."
    if figure.status is not IndicatorStatus.OK or figure.value is None:
        return "Ce chiffre ne peut pas être affiché ici."
    return _with_value(figure, figure.value, words)


def _too_few(n: int, words: Wording) -> str:
    if n == 0:
        return f"Il n'y a eu aucune {words.noun} sur cette période." if words.noun != "appel" else _NO_CALL
    return f"{french.counted(n, words.noun)} seulement : c'est trop peu pour donner un chiffre fiable."


_NO_CALL = "Il n'y a eu aucun appel sur cette période."


def _with_value(figure: IndicatorComputed, value: float, words: Wording) -> str:
    if words.share is not None and figure.numerator is not None and figure.denominator is not None:
        top = french.counted(figure.numerator, words.noun)
        verb = words.share[french.is_plural(figure.numerator)]
        return f"{top} sur {french.number(figure.denominator)} {verb}, soit {quantity(value, figure.unit)}."
    if figure.unit is Unit.COUNT:
        verb = "ont été racontées" if french.is_plural(value) else "a été racontée"
        return f"{french.counted(value, words.noun)} {verb} par des usagers."
    if words.plain is not None:
        said = words.plain.format(value=quantity(value, figure.unit))
        return f"{said} (calcul sur {french.counted(figure.n, words.noun)})."
    return f"{quantity(value, figure.unit)} (calcul sur {french.counted(figure.n, words.noun)})."


def margin(figure: IndicatorComputed) -> str | None:
    """The interval, as a sentence."""
    if figure.interval is None:
        return None
    low, high = (quantity(bound, figure.unit) for bound in (figure.interval.low, figure.interval.high))
    return f"Marge d'incertitude : de {low} à {high} (intervalle à 95{french.NARROW}%)."


def sample(figure: IndicatorComputed, code: str) -> str:
    """How many answers it rests on."""
    return french.counted(figure.n, wording_of(code).noun)


def period(figure: IndicatorComputed) -> str:
    """Name of its period."""
    start = figure.period.start
    match figure.period.kind:
        case PeriodKind.MONTH:
            return french.month(start)
        case PeriodKind.QUARTER:
            return f"{(start.month + 2) // 3}e trimestre {start.year}".replace("1e ", "1er ")
        case PeriodKind.YEAR:
            return f"année {start.year}"
    return f"du {french.day(start)} au {french.day(figure.period.end)} exclu"


def freshness(figure: IndicatorComputed) -> str:
    """Which revision it is, and when it was computed."""
    ordinal = "1re" if figure.revision == 1 else f"{french.number(figure.revision)}e"
    state = "Période en cours : chiffre provisoire. " if figure.provisional else ""
    return f"{state}{ordinal} version, calculée le {french.moment(figure.computed_at)}."
