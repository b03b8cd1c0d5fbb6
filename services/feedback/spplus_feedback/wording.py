"""French words for codes and instants, as screens show them; times in Europe/Paris."""

from datetime import date, datetime
from typing import Final

from spplus_feedback.deadlines import last_day, paris_day

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
DIMENSIONS: Final = {
    "accessibility": "Le service était-il facile à joindre ou à trouver ?",
    "information": "Les informations et les explications étaient-elles claires ?",
    "relation": "Comment s’est passée la relation avec les agents ?",
    "responsiveness": "Le service a-t-il réagi assez vite ?",
    "simplicity": "La démarche était-elle simple ?",
}


def day_in_words(day: date) -> str:
    """``mardi 1er décembre 2026``."""
    number = "1er" if day.day == 1 else str(day.day)
    return f"{_WEEKDAYS[day.weekday()]} {number} {_MONTHS[day.month - 1]} {day.year}"


def day_of(instant: datetime) -> str:
    """The day of something that happened."""
    return day_in_words(paris_day(instant))


def deadline_day(instant: datetime) -> str:
    """The last day of a deadline."""
    return day_in_words(last_day(instant))
