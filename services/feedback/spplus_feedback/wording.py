"""French words for codes and instants, as screens show them; times in Europe/Paris."""

from datetime import date, datetime
from typing import Final

from spplus_feedback.deadlines import PARIS, last_day, paris_day
from spplus_feedback.timeline import Step

_WEEKDAYS: Final = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_MONTHS: Final = (
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
SENTIMENTS: Final = {"positive": "Positif", "neutral": "Neutre", "negative": "Négatif"}
CHANNELS: Final = {
    "desk": "Au guichet, à l’accueil",
    "phone": "Par téléphone",
    "email": "Par e-mail",
    "mail": "Par courrier",
    "online_procedure": "Par une démarche en ligne",
    "online_account": "Par mon espace personnel en ligne",
    "chat": "Par messagerie instantanée (tchat)",
    "social_network": "Sur un réseau social",
    "video": "En visioconférence",
    "patrol": "Lors d’une rencontre sur le terrain",
    "other": "Autrement",
}
REFUSED_FOR: Final = {
    "off_topic": "Ne concerne pas un service public",
    "abusive": "Insultes, menaces ou haine",
    "personal_data": "Une personne serait reconnaissable",
    "advertising": "Publicité",
    "duplicate": "Déjà racontée",
    "illegible": "Illisible",
    "unlawful": "Contraire à la loi",
    "automated": "Envoyée par un programme",
    "other": "Autre motif",
}
"""Why a moderator refused to publish, in a few words, for counts."""
DIMENSIONS: Final = {
    "accessibility": "Le service était-il facile à joindre ou à trouver ?",
    "information": "Les informations et les explications étaient-elles claires ?",
    "relation": "Comment s’est passée la relation avec les agents ?",
    "responsiveness": "Le service a-t-il réagi assez vite ?",
    "simplicity": "La démarche était-elle simple ?",
}


STEPS: Final = {
    Step.RECEIVED: "Reçue",
    Step.PROMISED: "Réponse promise",
    Step.READ: "Lue par un modérateur",
    Step.PUBLISHED: "Publiée",
    Step.REFUSED: "Refusée par le modérateur",
    Step.ACKNOWLEDGED: "Prise en charge par le service",
    Step.REDIRECTED: "Transmise à un autre service",
    Step.POSTPONED: "Nouvelle date de réponse",
    Step.ANSWERED: "Réponse du service",
    Step.CLOSED: "Terminée sans réponse",
    Step.WITHDRAWN: "Retirée par vous",
}
COMING: Final = {Step.READ: "Lecture par un modérateur", Step.ANSWERED: "Réponse du service"}
"""Steps that come next, where they are called otherwise."""

REFUSALS: Final[dict[str, str]] = {}
_REFUSED: Final = "Le modérateur a estimé que ce texte ne respecte pas les règles de publication."


def refusal(reason: str | None) -> str:
    """Why a moderator refused a story, in plain words."""
    return REFUSALS.get(reason or "", _REFUSED)


def day_in_words(day: date) -> str:
    """``mardi 1er décembre 2026``."""
    number = "1er" if day.day == 1 else str(day.day)
    return f"{_WEEKDAYS[day.weekday()]} {number} {_MONTHS[day.month - 1]} {day.year}"


def month_in_words(month: str) -> str:
    """``2026-03`` as ``mars 2026``."""
    year, _, number = month.partition("-")
    return f"{_MONTHS[int(number) - 1]} {year}"


def day_of(instant: datetime) -> str:
    """The day of something that happened."""
    return day_in_words(paris_day(instant))


def moment_of(instant: datetime) -> str:
    """The day and the minute of something that happened."""
    there = instant.astimezone(PARIS)
    return f"{day_of(instant)} à {there.hour} h {there.minute:02}"


def deadline_day(instant: datetime) -> str:
    """The last day of a deadline."""
    return day_in_words(last_day(instant))
