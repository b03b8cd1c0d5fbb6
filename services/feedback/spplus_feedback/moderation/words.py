"""French words for what moderators see and decide."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from spplus_feedback.acts import Action
from spplus_feedback.moderation.reasons import Reason
from spplus_feedback.moderation.spans import Field, Kind
from spplus_feedback.stories import Hold, Moderation

KINDS: Final = {
    Kind.EMAIL: "adresse électronique",
    Kind.PHONE: "téléphone",
    Kind.NIR: "sécurité sociale",
    Kind.IBAN: "compte bancaire",
    Kind.CARD: "carte bancaire",
    Kind.PLATE: "immatriculation",
    Kind.ADDRESS: "adresse postale",
    Kind.NAME: "nom",
    Kind.FILE_NUMBER: "numéro de dossier",
    Kind.IP: "adresse IP",
    Kind.URL: "lien",
    Kind.BIRTH_DATE: "date de naissance",
    Kind.OTHER: "autre donnée personnelle",
}
FIELDS: Final = {Field.TITLE: "Titre", Field.STORY: "Récit", Field.SUGGESTION: "Suggestion"}
REASONS: Final = {
    Reason.OFF_TOPIC: "Hors sujet : ne parle pas d’un service public",
    Reason.ABUSIVE: "Injurieux, menaçant ou haineux",
    Reason.PERSONAL_DATA: "Permet de reconnaître une personne, même masqué",
    Reason.ADVERTISING: "Publicité",
    Reason.DUPLICATE: "Doublon d’une autre expérience",
    Reason.ILLEGIBLE: "Illisible",
    Reason.UNLAWFUL: "Contraire à la loi",
    Reason.AUTOMATED: "Envoi automatique",
}
HOLDS: Final = {
    Hold.HONEYPOT: "un champ invisible a été rempli",
    Hold.TOO_FAST: "le formulaire a été renvoyé trop vite pour une personne",
    Hold.ADDRESS: "beaucoup d’envois de la même adresse en une heure",
    Hold.SAME_TEXT: "le même texte a été envoyé plusieurs fois en une heure",
}
STATES: Final = {
    Moderation.PENDING: "En attente de relecture",
    Moderation.PUBLISHED: "Publié",
    Moderation.REJECTED: "Rejeté",
    Moderation.WORDLESS: "Sans texte",
    Moderation.EXPIRED: "Texte effacé avant décision",
}
ACTIONS: Final = {
    Action.STORY_READ: "Lu",
    Action.STORY_MASKED: "Passages masqués",
    Action.STORY_PUBLISHED: "Publié",
    Action.STORY_UNPUBLISHED: "Retiré de la publication",
    Action.STORY_REJECTED: "Rejeté",
    Action.STORY_WITHDRAWN: "Retiré par son auteur",
    Action.STORY_HELD: "Retenu automatiquement",
    Action.STORY_RELEASED: "Accepté après avoir été retenu",
    Action.STORY_EXPORTED: "Exporté à la demande de son auteur",
    Action.STORY_PROPOSED: "Proposé par un agent",
}
DONE: Final = {
    "masque": "Le masquage est enregistré.",
    "publie": "Le texte est publié.",
    "depublie": "Le texte n’est plus public. Il attend de nouveau une décision.",
    "rejete": "L’expérience est rejetée. Son texte est effacé.",
    "accepte": "L’expérience est acceptée. Son texte attend maintenant d’être relu.",
}
"""What a page says after an act, by the word in its address."""
CHANGED: Final = (
    "Quelqu’un d’autre a traité ce texte pendant que vous le lisiez. Votre dernière action n’a pas été enregistrée ; "
    "voici où en est ce texte maintenant."
)
GONE: Final = "Cette expérience a été retirée ou rejetée entre-temps : il n’y a plus rien à décider."
NOT_FOUND: Final = "Ce passage ne se trouve pas dans le texte. Copiez-le tel qu’il y est écrit."
NOTHING_TYPED: Final = "Écrivez le passage à masquer, ou cochez au moins une phrase."
NO_REASON: Final = "Choisissez le motif du rejet."


def told_of(detail: Mapping[str, Any]) -> str:
    """What a line of the trail adds: the reason of a rejection, or what was masked; empty where it adds nothing."""
    reason = detail.get("reason")
    if reason is not None:
        return REASONS[Reason(reason)] if reason in set(Reason) else HOLDS.get(reason, "")
    return ", ".join(f"{count} {KINDS[Kind(kind)]}" for kind, count in detail.items() if kind in set(Kind))


def waited(since: datetime, now: datetime) -> str:
    """For how long something has waited: ``3 jours``."""
    age = max(now - since, timedelta())
    for unit, name, many in ((86_400, "jour", "jours"), (3_600, "heure", "heures"), (60, "minute", "minutes")):
        count = int(age.total_seconds()) // unit
        if count:
            return f"{count} {name if count == 1 else many}"
    return "moins d’une minute"
