"""What the pages of keys and sources call things, in French."""

from typing import Final

from spplus_feedback.access import Scope

SCOPES: Final = {
    Scope.READ_REQUESTS.value: "lire les demandes",
    Scope.ANSWER_REQUESTS.value: "répondre aux demandes",
    Scope.MODERATE_STORIES.value: "relire les textes avant publication",
    Scope.SUBMIT_FEEDBACK.value: "transmettre des avis",
    Scope.SUBMIT_ANSWERS.value: "transmettre des réponses et des totaux",
    Scope.SUBMIT_WITHDRAWALS.value: "retirer ses propres avis",
}
FEEDBACK_KINDS: Final = {
    "experience": "expériences",
    "survey": "réponses à une enquête",
    "procedure_rating": "notes d’une démarche",
}
REQUEST_KINDS: Final = {
    "experience": "Expériences",
    "procedure": "Démarches",
    "letter": "Courriers",
    "email": "Courriels",
    "call": "Appels",
    "complaint": "Réclamations",
    "other": "Autres demandes",
}
DOORS: Final = {"http": "HTTP", "bus": "Kafka"}
OVERLAPS: Final = {"0": "aucune", "24": "24 heures", "72": "3 jours", "168": "7 jours", "720": "30 jours"}
"""Hours that a replaced key goes on, and their words."""
