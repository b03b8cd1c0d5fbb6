"""The methods of what becomes of requests: answers and their delays, receipts, calls, procedures."""

from typing import Final

from spplus_contracts.vocabulary import IntervalMethod, Unit
from spplus_indicators.method import Method
from spplus_indicators.parameters import (
    ACKNOWLEDGE_DAYS,
    ACKNOWLEDGE_DAYS_BY_POST,
    PROCEDURE_BAR,
    PROCEDURE_RATINGS,
)

_DELAYS: Final = (
    "Le délai d'une demande est la différence, en jours de calendrier (heure de Paris), entre la date de réception "
    "(de dépôt pour une expérience) et celle de la première réponse. Toutes les demandes reçues pendant la période "
    "et déjà répondues sont réunies, puis rangées de la plus rapide à la plus lente ; entre deux rangs, la valeur "
    "est interpolée. Un accusé de réception, un avis de retard ou une clôture sans réponse n'est pas une réponse. "
    "L'intervalle à 95 % (statistiques d'ordre) donne deux délais observés qui encadrent vraisemblablement la valeur "
    "réelle ; il manque quand les réponses sont trop peu nombreuses pour la borner."
)
_SHARE: Final = (
    "L'intervalle à 95 % (méthode de Wilson) dit entre quelles valeurs se situe vraisemblablement la part réelle, "
    "compte tenu du nombre de demandes."
)

REQUESTS: Final = (
    Method(
        code="answer_rate",
        version=1,
        label="Expériences ayant reçu une réponse",
        unit=Unit.RATE,
        formula="expériences répondues / expériences dont l'auteur attend une réponse",
        explanation="Sont comptées les expériences d'usagers qui attendent une réponse, dans le mois où elles ont été "
        "déposées, heure de Paris. Une expérience retirée par son auteur ou refusée par la modération n'est plus "
        "comptée. Une réponse compte dans le mois de l'expérience, même donnée plus tard. Un accusé de réception, un "
        f"avis de retard ou une clôture sans réponse n'est pas une réponse. {_SHARE}",
        engagements=("sp-plus-2021/7",),
        interval=IntervalMethod.WILSON,
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
        f"totaux sont ajoutés. {_SHARE}",
        engagements=("sp-plus-2021/5",),
        interval=IntervalMethod.WILSON,
    ),
    Method(
        code="overdue_count",
        version=1,
        label="Demandes en retard",
        unit=Unit.COUNT,
        formula="demandes dont l'échéance annoncée est passée et qui attendent encore une réponse",
        explanation="Sont comptées, au moment du calcul, les demandes dont l'échéance annoncée la première est passée "
        "sans qu'une réponse ait été donnée. Chacune compte dans le mois de son échéance, heure de Paris, et ne compte "
        "plus dès qu'elle a sa réponse, même tardive, qu'elle est close sans réponse ou que son auteur la retire. Un "
        "avis de retard ne change rien. Une demande sans délai annoncé n'est jamais en retard ; les totaux mensuels ne "
        "disent pas lesquelles attendent encore et n'entrent pas dans ce nombre. Avant la première demande en retard, "
        "rien n'est publié.",
        engagements=("sp-plus-2021/5",),
        has_threshold=False,
    ),
    Method(
        code="acknowledgement_rate",
        version=1,
        label="Accusés de réception dans les temps",
        unit=Unit.RATE,
        formula=f"réceptions accusées sous {ACKNOWLEDGE_DAYS} jours ({ACKNOWLEDGE_DAYS_BY_POST} par courrier) / "
        "demandes dont la réception devait être accusée",
        explanation="Sont comptées les démarches, lettres, courriels, réclamations et autres demandes que les services "
        "signalent une à une ; ni les expériences, dont la plateforme accuse réception aussitôt, ni les appels, ni les "
        f"totaux mensuels. Le délai est de {ACKNOWLEDGE_DAYS} jours après le jour de réception, de "
        f"{ACKNOWLEDGE_DAYS_BY_POST} jours pour une lettre ou une demande suivie par courrier ; il court jusqu'à "
        "minuit le dernier jour, heure de Paris, et la demande compte dans le mois de ce jour. Une réponse vaut "
        "accusé de réception ; un avis de retard, une réorientation ou une clôture sans réponse, non. Une demande "
        "encore sans accusé avant ce jour n'est pas encore comptée ; passé ce jour, elle est en retard et le reste. "
        f"{_SHARE}",
        engagements=("sp-plus-2021/5",),
        interval=IntervalMethod.WILSON,
    ),
    Method(
        code="answer_delay_median",
        version=1,
        label="Délai de réponse médian",
        unit=Unit.DAYS,
        formula="médiane des délais de première réponse",
        explanation=f"La moitié des réponses a demandé moins de temps, l'autre moitié plus. {_DELAYS}",
        engagements=("sp-plus-2021/5",),
        interval=IntervalMethod.ORDER_STATISTICS,
    ),
    Method(
        code="answer_delay_p75",
        version=1,
        label="Délai de réponse pour trois demandes sur quatre",
        unit=Unit.DAYS,
        formula="75e centile des délais de première réponse",
        explanation=f"Trois réponses sur quatre n'ont pas demandé plus de temps. {_DELAYS}",
        engagements=("sp-plus-2021/5",),
        interval=IntervalMethod.ORDER_STATISTICS,
    ),
    Method(
        code="answer_delay_p90",
        version=1,
        label="Délai de réponse pour neuf demandes sur dix",
        unit=Unit.DAYS,
        formula="90e centile des délais de première réponse",
        explanation=f"Neuf réponses sur dix n'ont pas demandé plus de temps. {_DELAYS}",
        engagements=("sp-plus-2021/5",),
        interval=IntervalMethod.ORDER_STATISTICS,
    ),
    Method(
        code="pickup_rate",
        version=1,
        label="Appels pris en charge par un agent",
        unit=Unit.RATE,
        formula="appels pris en charge par un agent / appels demandant un agent",
        explanation="D'après les totaux mensuels des centres d'appels et les appels qu'ils signalent un à un. Un appel "
        f"entièrement traité par un serveur vocal ne demande pas d'agent et n'entre pas dans ce taux. {_SHARE}",
        engagements=("sp-plus-2021/2",),
        interval=IntervalMethod.WILSON,
    ),
    Method(
        code="procedure_quality_rate",
        version=1,
        label="Démarches de qualité",
        unit=Unit.RATE,
        formula=f"démarches dont la note moyenne atteint {PROCEDURE_BAR} sur 10 / démarches suffisamment notées",
        explanation="Les notes de 0 à 10 que les usagers donnent à une démarche pendant la période (heure de Paris) "
        f"sont réunies, et leur moyenne est comparée à {PROCEDURE_BAR} ; une démarche dont la moyenne est exactement "
        f"{PROCEDURE_BAR} est de qualité. Une démarche qui a reçu moins de {PROCEDURE_RATINGS} notes n'est pas jugée. "
        "Les notes données sur une autre échelle ne sont pas converties : elles n'entrent pas dans ce taux. Le nombre "
        "indiqué est celui des démarches jugées ; toutes étant connues, il n'y a pas d'intervalle.",
        engagements=("sp-plus-2021/2",),
    ),
)
"""In the order in which they are shown."""
