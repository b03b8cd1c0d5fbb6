"""The methods of what citizens say of themselves: experiences that they tell, surveys that they answer."""

from typing import Final

from spplus_contracts.vocabulary import IntervalMethod, Unit
from spplus_indicators.method import Method
from spplus_indicators.parameters import SATISFIED_FROM, VERY_SATISFIED_FROM

_EXPERIENCES: Final = (
    "Sont comptées les expériences racontées par des usagers (ni les propositions des agents, ni les enquêtes), "
    "dans le mois où elles ont été déposées, heure de Paris. "
    "Une expérience retirée par son auteur ou refusée par la modération n'est plus comptée."
)
_VOLUNTEERS: Final = (
    "Les usagers choisissent de témoigner : ce chiffre décrit les témoignages reçus, non l'ensemble des usagers."
)
_SHARE: Final = (
    "L'intervalle à 95 % (méthode de Wilson) dit entre quelles valeurs se situe vraisemblablement la part réelle, "
    "compte tenu du nombre d'avis."
)
_BALANCE: Final = (
    "L'intervalle à 95 % (méthode de Newcombe) dit entre quelles valeurs se situe vraisemblablement le solde réel, "
    "compte tenu du nombre d'avis."
)


def _from(marks: dict[str, int]) -> str:
    return ", ".join(f"{mark} sur l'échelle {scale.replace('-', ' à ')}" for scale, mark in marks.items())


_SURVEYS: Final = (
    "Sont comptées les réponses des usagers aux enquêtes de satisfaction qui donnent une note, dans le mois de la "
    "réponse, heure de Paris ; les expériences racontées spontanément n'y sont jamais mêlées. "
    f"Un usager est satisfait à partir de {_from(SATISFIED_FROM)}. "
)
_CONFIDENCE: Final = (
    "Ces réponses sont confidentielles : les résultats ne paraissent que par trimestre et par année, et n'avancent que "
    "par dix réponses au moins, pour que personne ne puisse être reconnu ; le nombre indiqué est celui des réponses "
    "ainsi publiées."
)


def _dimension(code: str, label: str, question: str, engagement: int) -> Method:
    return Method(
        code=f"dimension_{code}",
        version=1,
        label=label,
        unit=Unit.RATE,
        formula="ressentis positifs sur ce point / ressentis donnés sur ce point",
        explanation=f"Part des usagers qui jugent positivement ce point : {question} {_EXPERIENCES} Une expérience "
        f"qui ne se prononce pas sur ce point n'entre pas dans ce taux. {_VOLUNTEERS} {_SHARE}",
        engagements=(f"sp-plus-2021/{engagement}",),
        interval=IntervalMethod.WILSON,
    )


OPINIONS: Final = (
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
        f"Une expérience sans ressenti n'entre pas dans ce taux. {_VOLUNTEERS} {_SHARE}",
        engagements=("sp-plus-2021/7",),
        interval=IntervalMethod.WILSON,
    ),
    Method(
        code="experience_net_sentiment",
        version=1,
        label="Solde des ressentis",
        unit=Unit.POINTS,
        formula="100 * (positives - négatives) / (positives + neutres + négatives)",
        explanation="De -100 (tous les ressentis sont négatifs) à 100 (tous sont positifs). "
        f"{_EXPERIENCES} Une expérience sans ressenti n'entre pas dans ce solde. {_VOLUNTEERS} {_BALANCE}",
        engagements=("sp-plus-2021/7",),
        interval=IntervalMethod.NEWCOMBE,
    ),
    _dimension("accessibility", "Accessibilité", "le service était-il facile à joindre ?", 2),
    _dimension("information", "Information", "l'information donnée était-elle claire ?", 3),
    _dimension("relation", "Relation", "l'accueil était-il courtois et attentif ?", 1),
    _dimension("responsiveness", "Réactivité", "le service a-t-il été rapide ?", 5),
    _dimension("simplicity", "Simplicité", "la démarche était-elle simple ?", 7),
    Method(
        code="survey_satisfaction",
        version=1,
        label="Satisfaction mesurée par enquête",
        unit=Unit.RATE,
        formula="réponses satisfaites / réponses notées",
        explanation=f"Part des usagers interrogés qui sont satisfaits. {_SURVEYS}{_CONFIDENCE} {_SHARE}",
        engagements=("sp-plus-2021/6",),
        interval=IntervalMethod.WILSON,
    ),
    Method(
        code="survey_net_satisfaction",
        version=1,
        label="Solde de satisfaction mesuré par enquête",
        unit=Unit.POINTS,
        formula="100 * (réponses très satisfaites - réponses non satisfaites) / réponses notées",
        explanation="De -100 (personne n'est satisfait) à 100 (tous sont très satisfaits). "
        f"{_SURVEYS}Il est très satisfait à partir de {_from(VERY_SATISFIED_FROM)} ; qui n'est pas satisfait compte "
        f"comme non satisfait, même au milieu de l'échelle. {_CONFIDENCE} {_BALANCE}",
        engagements=("sp-plus-2021/6",),
        interval=IntervalMethod.NEWCOMBE,
    ),
)
"""In the order in which they are shown."""
