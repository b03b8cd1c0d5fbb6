"""The official file of experiences: its columns, its words for our codes, and the identifiers that derive from its own.

Reading and writing share this page, so that what goes out can come in again.
"""

from typing import Final
from uuid import UUID, uuid5

from spplus_contracts.vocabulary import Channel, Sentiment

ID: Final = "ID expérience"
STATE: Final = "Etat expérience"
WRITTEN: Final = "Écrit le"
PUBLISHED: Final = "Date de publication"
ANSWERED: Final = "Date de premiere réponse"
TITLE: Final = "Titre"
STORY: Final = "Description"
FEELING: Final = "Ressenti usager"
COUNTRY: Final = "Pays"
POST_CODE: Final = "Code postal"
PROCEDURES: Final = "Démarches saisies par usager"
POSITIONS: Final = (1, 2, 3)
DIMENSIONS: Final = {
    "accessibility": "Accessibilité",
    "information": "Information/Explication",
    "relation": "Relation",
    "responsiveness": "Réactivité",
    "simplicity": "Simplicité/Complexité",
}
_OF_A_STRUCTURE: Final = (
    "Intitulé Typologie {}",
    "Intitulé structure {}",
    "Canaux Typologie {}",
    "Réponse structure {}",
    "Statut réponse structure {}",
)
COLUMNS: Final = (
    *(ID, STATE, WRITTEN, PUBLISHED, ANSWERED, TITLE, STORY, FEELING, *DIMENSIONS.values()),
    *(COUNTRY, POST_CODE, "commune", "Intitulé département usager", "Intitulé région usager", PROCEDURES),
    *(column.format(position) for position in POSITIONS for column in _OF_A_STRUCTURE),
)
FEELING_LABELS: Final = {
    Sentiment.POSITIVE.value: "Positif",
    Sentiment.NEUTRAL.value: "Neutre",
    Sentiment.NEGATIVE.value: "Négatif",
}
CHANNEL_LABELS: Final = {
    Channel.DESK.value: "Accueil",
    Channel.PHONE.value: "Téléphone",
    Channel.EMAIL.value: "E-mail",
    Channel.MAIL.value: "Courrier",
    Channel.ONLINE_PROCEDURE.value: "Démarche en ligne",
    Channel.ONLINE_ACCOUNT.value: "Compte ou espace personnel",
    Channel.CHAT.value: "Tchat (messagerie instantanée)",
    Channel.SOCIAL_NETWORK.value: "Réseaux Sociaux",
    Channel.VIDEO.value: "Visioconférence",
    Channel.PATROL.value: "Patrouille",
    Channel.OTHER.value: "Autre",
}
_IDS: Final = UUID("5d0f6f0e-6f2b-5d52-9d0c-0f6f2f7c8a11")


def feedback_id_of(official_id: str) -> str:
    """The story; derived, so that a second import finds the first."""
    return str(uuid5(_IDS, official_id))


def request_id_of(official_id: str, position: int) -> str:
    """The request to one structure; it does not depend on where the row is attached."""
    return str(uuid5(_IDS, f"{official_id}/{position}"))


def answer_id_of(official_id: str, position: int) -> str:
    """The statement that the structure answered."""
    return str(uuid5(_IDS, f"{official_id}/{position}/answer"))
