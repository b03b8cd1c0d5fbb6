"""French words for what is kept, for how long, and what was done."""

from typing import Final

_YEAR: Final = 365
_MONTH: Final = 30
ACTS: Final = {
    "story.read": "Lu par une personne habilitée",
    "story.masked": "Passages masqués par un modérateur",
    "story.published": "Publié par un modérateur",
    "story.unpublished": "Publication suspendue par un modérateur",
    "story.rejected": "Refusé par un modérateur",
    "story.withdrawn": "Retiré",
    "story.held": "Mis en attente comme envoi inhabituel",
    "story.released": "Repris par un modérateur",
    "story.exported": "Copie demandée",
    "story.proposed": "Proposé par un agent",
    "request.answered": "Réponse enregistrée",
    "request.acknowledged": "Prise en charge enregistrée",
    "request.postponed": "Nouvelle date annoncée",
    "request.routed": "Transmis à un autre service",
    "request.closed": "Terminé sans réponse",
}
WHO: Final = {
    "author": "vous",
    "staff": "une personne habilitée",
    "system": "le système d’un service public",
    "platform": "le service, automatiquement",
    "operator": "un administrateur technique",
}
OUTCOMES: Final = {
    "acknowledged": "Prise en charge",
    "delay_notice": "Nouvelle date annoncée",
    "redirected": "Transmis à un autre service",
    "answered": "Réponse",
    "closed_unanswered": "Terminé sans réponse",
}
MODERATION: Final = {
    "pending": "En attente de lecture par un modérateur",
    "published": "Publié",
    "rejected": "Refusé",
    "wordless": "Sans texte à relire",
    "expired": "Texte effacé par son âge, avant toute décision",
}


def how_long(days: float) -> str:
    """``3 ans``, ``18 mois``, ``90 jours``; 0 has no end."""
    if not days:
        return "sans limite de durée"
    if days >= _YEAR and days % _YEAR == 0:
        years = int(days // _YEAR)
        return "1 an" if years == 1 else f"{years} ans"
    if days > 3 * _MONTH and days % _MONTH == 0:
        return f"{int(days // _MONTH)} mois"
    return "1 jour" if days == 1 else f"{days:g} jours".replace(".", ",")


def act(action: str) -> str:
    """What was done."""
    return ACTS.get(action, action)
