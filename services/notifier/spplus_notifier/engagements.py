"""The nine engagements of the programme (text of 2021), in our own words, and what measures each. Data, no rules."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Engagement:
    """One engagement, and the indicators about it in the order of the page."""

    number: int
    title: str
    about: str
    """What a person may expect, in one sentence."""
    codes: tuple[str, ...]

    @property
    def code(self) -> str:
        """As in the data."""
        return f"sp-plus-2021/{self.number}"


ENGAGEMENTS = (
    Engagement(
        1,
        "Un accueil courtois, le respect et le droit à l'erreur",
        "Vous êtes accueilli avec courtoisie et respect, et une erreur faite de bonne foi peut se corriger.",
        ("dimension_relation",),
    ),
    Engagement(
        2,
        "Un service facile à joindre",
        "Vous pouvez joindre le service au guichet, au téléphone et sur internet.",
        ("pickup_rate", "dimension_accessibility", "procedure_quality_rate"),
    ),
    Engagement(
        3,
        "Un accompagnement dans vos démarches",
        "On vous explique la démarche et on vous aide selon votre situation.",
        ("dimension_information",),
    ),
    Engagement(4, "Une orientation vers la bonne personne", "On vous envoie vers la personne ou le service utile.", ()),
    Engagement(
        5,
        "Une réponse dans le délai annoncé",
        "Vous savez en combien de temps on vous répond, et où en est votre dossier.",
        ("on_time_rate", "answer_delay_median", "acknowledgement_rate", "dimension_responsiveness"),
    ),
    Engagement(
        6,
        "L'accès aux résultats du service",
        "Vous pouvez lire les résultats des enquêtes de satisfaction.",
        ("survey_satisfaction",),
    ),
    Engagement(
        7,
        "La prise en compte de votre avis",
        "Votre expérience est lue, reçoit une réponse et sert à améliorer le service.",
        ("experience_satisfaction", "answer_rate", "dimension_simplicity", "experience_count"),
    ),
    Engagement(8, "Des agents formés", "Les agents que vous rencontrez connaissent leur métier.", ()),
    Engagement(
        9, "Le respect de l'environnement", "Le service réduit ce que son activité coûte à l'environnement.", ()
    ),
)
"""In the order of the programme."""


def engagement_of(indicator_code: str) -> Engagement | None:
    """The engagement under which an indicator is shown; none for one that the pages do not know."""
    return next((one for one in ENGAGEMENTS if indicator_code in one.codes), None)
