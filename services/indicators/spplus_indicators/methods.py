"""What each figure means, in words: the catalogue of published methods.

The texts are for people who want to check a figure. A formula never changes under its version: another formula is a
new version, and figures computed by the old one stay readable.
"""

from dataclasses import dataclass
from typing import Final

from spplus_contracts.vocabulary import Unit


@dataclass(frozen=True, slots=True)
class Method:
    """How one indicator is computed."""

    code: str
    """Code of the indicator."""
    version: int
    """Goes with each figure as `method_version`."""
    label: str
    """Name on screens, French."""
    unit: Unit
    """Unit of value and interval."""
    formula: str
    """The formula in one line, French."""
    explanation: str
    """What counts, what does not and in which period, in plain French."""
    engagements: tuple[str, ...]
    """Commitments of the programme that it is about, as ``framework/number``."""
    has_threshold: bool = True
    """Whether too small a sample withholds the value; a count has no threshold."""


_EXPERIENCES = (
    "Sont comptées les expériences racontées par des usagers (ni les propositions des agents, ni les enquêtes), "
    "dans le mois où elles ont été déposées, heure de Paris. "
    "Une expérience retirée par son auteur ou refusée par la modération n'est plus comptée."
)
_DELAYS = (
    "Le délai d'une demande est la différence, en jours de calendrier (heure de Paris), entre la date de réception "
    "(de dépôt pour une expérience) et celle de la première réponse. Toutes les demandes reçues pendant la période "
    "et déjà répondues sont réunies, puis rangées de la plus rapide à la plus lente ; entre deux rangs, la valeur "
    "est interpolée. Un accusé de réception, un avis de retard ou une clôture sans réponse n'est pas une réponse."
)

METHODS: Final[dict[str, Method]] = {
    method.code: method
    for method in (
        Method(
            code="experience_count",
            version=1,
            label="Expériences déposées",
            unit=Unit.COUNT,
            formula="nombre d'expériences déposées pendant la période",
            explanation=f"{_EXPERIENCES} Un nombre n'a pas de seuil : zéro est publié comme zéro.",
            engagements=("sp-plus-2021/7",),
            has_threshold=False,
        ),
        Method(
            code="experience_satisfaction",
            version=1,
            label="Expériences positives",
            unit=Unit.RATE,
            formula="positives / (positives + neutres + négatives)",
            explanation=f"Part des expériences dont le ressenti est positif. {_EXPERIENCES} "
            "Une expérience sans ressenti n'entre pas dans ce taux. Les usagers choisissent de témoigner : "
            "ce taux décrit les témoignages reçus, non l'ensemble des usagers.",
            engagements=("sp-plus-2021/7",),
        ),
        Method(
            code="experience_net_sentiment",
            version=1,
            label="Solde des ressentis",
            unit=Unit.POINTS,
            formula="100 * (positives - négatives) / (positives + neutres + négatives)",
            explanation="De -100 (tous les ressentis sont négatifs) à 100 (tous sont positifs). "
            f"{_EXPERIENCES} Une expérience sans ressenti n'entre pas dans ce solde.",
            engagements=("sp-plus-2021/7",),
        ),
        Method(
            code="answer_rate",
            version=1,
            label="Expériences ayant reçu une réponse",
            unit=Unit.RATE,
            formula="expériences répondues / expériences dont l'auteur attend une réponse",
            explanation=f"{_EXPERIENCES} Une réponse compte dans le mois de l'expérience, même donnée plus tard. "
            "Un accusé de réception, un avis de retard ou une clôture sans réponse n'est pas une réponse.",
            engagements=("sp-plus-2021/7",),
        ),
        Method(
            code="on_time_rate",
            version=1,
            label="Réponses dans le délai annoncé",
            unit=Unit.RATE,
            formula="répondues au plus tard à l'échéance annoncée / demandes arrivées à échéance pendant la période",
            explanation="L'échéance est celle qui a été annoncée à l'usager la première ; un avis de retard ne la "
            "change pas. Une réponse à l'instant même de l'échéance est dans le délai ; une échéance donnée par une "
            "date court jusqu'à minuit, heure de Paris. Une demande dont l'échéance est passée sans réponse est en "
            "retard et le reste ; une demande encore ouverte avant son échéance n'est pas encore comptée ; une demande "
            "sans délai annoncé n'entre pas dans ce taux. Les totaux mensuels de services qui ne connaissent que des "
            "totaux sont ajoutés.",
            engagements=("sp-plus-2021/5",),
        ),
        Method(
            code="answer_delay_median",
            version=1,
            label="Délai de réponse médian",
            unit=Unit.DAYS,
            formula="médiane des délais de première réponse",
            explanation=f"La moitié des réponses a demandé moins de temps, l'autre moitié plus. {_DELAYS}",
            engagements=("sp-plus-2021/5",),
        ),
        Method(
            code="answer_delay_p75",
            version=1,
            label="Délai de réponse pour trois demandes sur quatre",
            unit=Unit.DAYS,
            formula="75e centile des délais de première réponse",
            explanation=f"Trois réponses sur quatre n'ont pas demandé plus de temps. {_DELAYS}",
            engagements=("sp-plus-2021/5",),
        ),
        Method(
            code="answer_delay_p90",
            version=1,
            label="Délai de réponse pour neuf demandes sur dix",
            unit=Unit.DAYS,
            formula="90e centile des délais de première réponse",
            explanation=f"Neuf réponses sur dix n'ont pas demandé plus de temps. {_DELAYS}",
            engagements=("sp-plus-2021/5",),
        ),
        Method(
            code="pickup_rate",
            version=1,
            label="Appels pris en charge par un agent",
            unit=Unit.RATE,
            formula="appels pris en charge par un agent / appels demandant un agent",
            explanation="D'après les totaux mensuels des centres d'appels. Un appel entièrement traité par un serveur "
            "vocal ne demande pas d'agent et n'entre pas dans ce taux.",
            engagements=("sp-plus-2021/2",),
        ),
    )
}
"""Every published indicator by its code, in the order in which they are shown."""
