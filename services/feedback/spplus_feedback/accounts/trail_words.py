"""French words for the audit trail."""

from typing import Final

ABOUT: Final = {
    "account": "Comptes et connexions",
    "story": "Expériences",
    "request": "Réponses",
    "template": "Modèles de réponse",
    "key": "Clés",
    "source": "Sources",
    "retention": "Conservation",
}
ACTORS: Final = {
    "account": "Un compte d’un autre service",
    "key": "Clé",
    "author": "L’auteur",
    "platform": "La plateforme",
    "operator": "L’exploitant",
}
ACTIONS: Final = {
    "story.read": "a ouvert une expérience",
    "story.masked": "a masqué des données personnelles",
    "story.published": "a publié un texte",
    "story.unpublished": "a dépublié un texte",
    "story.rejected": "a refusé un texte",
    "story.withdrawn": "a retiré une expérience",
    "story.held": "a gardé une expérience en attente",
    "story.released": "a laissé passer une expérience",
    "story.exported": "a exporté une expérience",
    "story.erased": "a effacé une expérience",
    "story.proposed": "a déposé une proposition",
    "request.answered": "a répondu",
    "request.acknowledged": "a accusé réception",
    "request.postponed": "a annoncé un nouveau délai",
    "request.routed": "a transmis à un autre service",
    "request.closed": "a classé sans réponse",
    "template.saved": "a enregistré un modèle",
    "template.removed": "a supprimé un modèle",
    "account.created": "a créé un compte",
    "account.changed": "a modifié un compte",
    "account.closed": "a fermé un compte",
    "account.signed_in": "s’est connecté",
    "account.sign_in_failed": "connexion refusée",
    "key.created": "a créé une clé",
    "key.rotated": "a renouvelé une clé",
    "key.revoked": "a révoqué une clé",
    "source.saved": "a enregistré une source",
    "source.removed": "a retiré une source",
    "retention.run": "a appliqué les durées de conservation",
}
DETAILS: Final = {
    "change": "changement",
    "role": "rôle",
    "structure": "service",
    "holder": "service",
    "redirected_to": "transmis à",
    "answer_due_on": "réponse promise le",
    "way": "moyen",
    "reason": "motif",
    "scopes": "droits",
}
