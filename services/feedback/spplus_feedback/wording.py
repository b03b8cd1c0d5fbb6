"""French words for codes and instants, as screens show them; times in Europe/Paris."""

from datetime import date, datetime
from typing import Final

from spplus_chassis import french
from spplus_contracts import AnnouncedDelay
from spplus_contracts.vocabulary import DelayCalendar
from spplus_feedback.deadlines import last_day, paris_day
from spplus_feedback.timeline import Step

_WEEKDAYS: Final = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
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


ENGAGEMENTS: Final = {
    "sp-plus-2021/1": "La courtoisie de l’accueil, le respect et le droit à l’erreur",
    "sp-plus-2021/2": "La possibilité de joindre le service : téléphone, guichet, internet",
    "sp-plus-2021/3": "L’accompagnement dans mes démarches, selon ma situation",
    "sp-plus-2021/4": "L’orientation vers la bonne personne ou le bon service",
    "sp-plus-2021/5": "Le délai de réponse et les nouvelles de mon dossier",
    "sp-plus-2021/6": "L’accès aux résultats de qualité du service",
    "sp-plus-2021/7": "La prise en compte de mon avis",
    "sp-plus-2021/8": "Les compétences des agents",
    "sp-plus-2021/9": "Le respect de l’environnement",
}
"""The nine commitments of 2021, in everyday words."""

PERSONAL: Final = {
    "email": "une adresse e-mail",
    "phone": "un numéro de téléphone",
    "nir": "un numéro de sécurité sociale",
    "iban": "un numéro de compte bancaire",
    "card": "un numéro de carte bancaire",
    "plate": "une plaque d’immatriculation",
    "address": "une adresse postale",
    "name": "un nom de personne",
    "file_number": "un numéro de dossier",
    "ip": "une adresse d’ordinateur",
    "url": "un lien internet",
    "birth_date": "une date de naissance",
}
"""What a text seems to hold that is better left out."""

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

REFUSALS: Final = {
    "off_topic": "Le modérateur a estimé que ce texte ne parle pas d’un service public.",
    "abusive": "Le texte contient des propos blessants : insultes, menaces ou paroles de haine.",
    "personal_data": "Le texte parle d’une personne que l’on pourrait reconnaître, même en masquant son nom.",
    "advertising": "Le texte fait de la publicité.",
    "duplicate": "Ce récit avait déjà été envoyé.",
    "illegible": "Le texte n’a pas pu être compris.",
    "unlawful": "La loi ne permet pas de publier ce texte.",
    "automated": "Ce texte semble avoir été envoyé par un programme, et non par une personne.",
}
_REFUSED: Final = "Le modérateur a estimé que ce texte ne respecte pas les règles de publication."


def refusal(reason: str | None) -> str:
    """Why a moderator refused a story, in plain words."""
    return REFUSALS.get(reason or "", _REFUSED)


def day_in_words(day: date) -> str:
    """``mardi 1er décembre 2026``."""
    return f"{_WEEKDAYS[day.weekday()]} {french.day(day)}"


def month_in_words(month: str) -> str:
    """``2026-03`` as ``mars 2026``."""
    return french.month(date.fromisoformat(f"{month}-01"))


def delay_in_words(delay: AnnouncedDelay) -> str:
    """``15 jours ouvrés``."""
    days = "1 jour" if delay.days == 1 else f"{delay.days} jours"
    if delay.calendar is not DelayCalendar.WORKING:
        return days
    return f"{days} ouvré" if delay.days == 1 else f"{days} ouvrés"


def day_of(instant: datetime) -> str:
    """The day of something that happened."""
    return day_in_words(paris_day(instant))


def moment_of(instant: datetime) -> str:
    """The day and the minute of something that happened."""
    there = instant.astimezone(french.PARIS)
    return f"{day_of(instant)} à {there.hour}\u00a0h\u00a0{there.minute:02}"


def deadline_day(instant: datetime) -> str:
    """The last day of a deadline."""
    return day_in_words(last_day(instant))
