"""How the pages speak of each indicator, and where each stands on a page. Data, no rules.

An indicator that is not listed here is shown all the same, under its code.
"""

from dataclasses import dataclass

from spplus_notifier.engagements import ENGAGEMENTS


@dataclass(frozen=True, slots=True)
class Noun:
    """What is counted, for "aucun", for one and for many."""

    one: str
    many: str
    none: str


@dataclass(frozen=True, slots=True)
class Wording:
    """How one indicator is spoken of."""

    title: str
    """Title of its part of the page."""
    short: str
    """Name in tables."""
    noun: Noun
    """What `n` counts."""
    share: tuple[str, str] | None = None
    """What the numerator did, for one and for many, after "{top} sur {bottom}"."""
    outcome: tuple[str, str] | None = None
    """What became of those that a count counts, for one and for many."""
    plain: str | None = None
    """Sentence around {value}, where there is no share."""
    balance: tuple[str, str, str] | None = None
    """What a balance above zero, below zero, or that may be either, says."""
    nothing: str | None = None
    """What n = 0 means, where it is not that nothing happened."""


ANSWER = Noun("réponse", "réponses", "aucune réponse")
_EXPERIENCE = Noun("expérience", "expériences", "aucune expérience")
_REQUEST = Noun("demande", "demandes", "aucune demande")
_CALL = Noun("appel", "appels", "aucun appel")
_OPINION = Noun("avis", "avis", "aucun avis")
_PROCEDURE = Noun("démarche", "démarches", "aucune démarche")


def _finer(title: str, short: str, subject: str) -> Wording:
    return Wording(title, short, _OPINION, share=(f"est positif {subject}", f"sont positifs {subject}"))


WORDINGS: dict[str, Wording] = {
    "experience_satisfaction": Wording(
        "Les usagers sont-ils satisfaits ?",
        "Expériences positives",
        _EXPERIENCE,
        share=("est positive", "sont positives"),
    ),
    "experience_net_sentiment": Wording(
        "Positif ou négatif, de quel côté penche la balance ?",
        "Solde des ressentis",
        _EXPERIENCE,
        plain="Le solde des expériences positives et négatives est de {value}, sur une échelle de moins 100 à plus 100",
        balance=(
            "Les expériences positives sont plus nombreuses que les négatives",
            "Les expériences négatives sont plus nombreuses que les positives",
            "On ne peut pas dire si les expériences positives l'emportent sur les négatives",
        ),
    ),
    "experience_count": Wording(
        "Combien d'usagers ont raconté leur expérience ?",
        "Expériences racontées",
        _EXPERIENCE,
        outcome=("a été racontée par des usagers", "ont été racontées par des usagers"),
    ),
    "answer_rate": Wording(
        "Les usagers reçoivent-ils une réponse ?",
        "Expériences ayant reçu une réponse",
        _EXPERIENCE,
        share=("a reçu une réponse", "ont reçu une réponse"),
    ),
    "dimension_simplicity": _finer("Est-ce simple ?", "Simplicité", "sur la simplicité"),
    "on_time_rate": Wording(
        "Les réponses arrivent-elles dans le délai annoncé ?",
        "Réponses dans le délai annoncé",
        _REQUEST,
        share=("a reçu sa réponse dans le délai annoncé", "ont reçu leur réponse dans le délai annoncé"),
    ),
    "overdue_count": Wording(
        "Combien de demandes attendent encore après le délai annoncé ?",
        "Demandes en retard",
        _REQUEST,
        outcome=(
            "attend encore une réponse alors que le délai annoncé est passé",
            "attendent encore une réponse alors que le délai annoncé est passé",
        ),
    ),
    "answer_delay_median": Wording(
        "Combien de temps faut-il attendre une réponse ?",
        "Délai de réponse, une réponse sur deux",
        ANSWER,
        plain="Une réponse sur deux est arrivée en {value} ou moins",
    ),
    "answer_delay_p75": Wording(
        "Combien de temps attendent trois usagers sur quatre ?",
        "Délai de réponse, trois réponses sur quatre",
        ANSWER,
        plain="Trois réponses sur quatre sont arrivées en {value} ou moins",
    ),
    "answer_delay_p90": Wording(
        "Combien de temps attendent neuf usagers sur dix ?",
        "Délai de réponse, neuf réponses sur dix",
        ANSWER,
        plain="Neuf réponses sur dix sont arrivées en {value} ou moins",
    ),
    "acknowledgement_rate": Wording(
        "Le service confirme-t-il qu'il a reçu la demande ?",
        "Accusés de réception à temps",
        _REQUEST,
        share=("a eu un accusé de réception à temps", "ont eu un accusé de réception à temps"),
    ),
    "dimension_responsiveness": _finer("Le service est-il réactif ?", "Réactivité", "sur la réactivité"),
    "pickup_rate": Wording(
        "Quelqu'un décroche-t-il au téléphone ?",
        "Appels pris par un agent",
        _CALL,
        share=("a été pris par un agent", "ont été pris par un agent"),
    ),
    "procedure_quality_rate": Wording(
        "Les démarches en ligne sont-elles bien notées ?",
        "Démarches notées au moins 8 sur 10",
        _PROCEDURE,
        share=("est notée au moins 8 sur 10", "sont notées au moins 8 sur 10"),
        nothing="Aucune démarche n'a reçu assez de notes pour être jugée.",
    ),
    "dimension_accessibility": _finer("Le service est-il facile d'accès ?", "Facilité d'accès", "sur l'accès"),
    "dimension_relation": _finer("L'accueil est-il bon ?", "Accueil", "sur l'accueil"),
    "dimension_information": _finer("Les explications sont-elles claires ?", "Explications", "sur les explications"),
    "survey_satisfaction": Wording(
        "Les usagers interrogés sont-ils satisfaits ?",
        "Enquêtes : réponses satisfaites",
        ANSWER,
        share=("est satisfaite", "sont satisfaites"),
        plain="La part des réponses satisfaites est de {value}",
    ),
    "survey_net_satisfaction": Wording(
        "Très satisfaits ou mécontents, qui l'emporte ?",
        "Enquêtes : très satisfaits moins mécontents",
        ANSWER,
        plain="L'écart entre la part des très satisfaits et celle des mécontents est de {value}, "
        "sur une échelle de moins 100 à plus 100",
        balance=(
            "Les usagers très satisfaits sont plus nombreux que les mécontents",
            "Les usagers mécontents sont plus nombreux que les très satisfaits",
            "On ne peut pas dire si les usagers très satisfaits l'emportent sur les mécontents",
        ),
    ),
}
"""Every indicator that the pages know, by code."""

BESIDE = {
    "on_time_rate": ("overdue_count",),
    "experience_satisfaction": ("experience_net_sentiment",),
    "answer_delay_median": ("answer_delay_p75", "answer_delay_p90"),
    "survey_satisfaction": ("survey_net_satisfaction",),
}
"""Indicators told in a sentence under another."""

PROTECTED = frozenset({"survey_satisfaction", "survey_net_satisfaction"})
"""Published in steps of ten answers: below the first step nothing is said, not even how many."""

BRIEF = ("experience_satisfaction", "on_time_rate", "answer_delay_median", "pickup_rate")
"""What a page says first, in ten seconds."""


def wording_of(code: str) -> Wording:
    """How an indicator is spoken of."""
    return WORDINGS.get(code) or Wording(code, code, ANSWER)


def order() -> list[str]:
    """Every known indicator in the order of the page, those beside another after it."""
    mains = [code for engagement in ENGAGEMENTS for code in engagement.codes]
    return [code for main in mains for code in (main, *BESIDE.get(main, ()))]


def main_of(code: str) -> str:
    """The indicator under which one is told; itself for most."""
    return next((main for main, others in BESIDE.items() if code in others), code)
