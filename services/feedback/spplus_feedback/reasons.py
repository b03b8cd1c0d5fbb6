"""The closed list of reasons for which an event of another system is refused, for whoever has to mend it."""

from dataclasses import dataclass
from typing import Final

HTTP: Final = "http"
BUS: Final = "bus"
_BOTH: Final = (HTTP, BUS)


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason."""

    code: str
    meaning: str
    """What is wrong, in English."""
    remedy: str
    """What the sender does about it, in English."""
    label: str
    """What is wrong, in French, for the pages."""
    doors: tuple[str, ...] = _BOTH
    """Where it can be met."""


REASONS: Final = (
    Reason(
        "bad_json",
        "The event or its data is not JSON (RFC 8259), not UTF-8, or holds a name twice.",
        "Mend what writes the JSON.",
        "n’est pas du JSON lisible",
    ),
    Reason(
        "missing_attribute",
        "`id`, `source`, `type`, `time` or `data` is missing or empty.",
        "Send all of them.",
        "attribut obligatoire absent",
    ),
    Reason(
        "bad_header",
        "An attribute of the envelope is malformed: a `time` without an offset, a space or an @ in an identifier, "
        "another `specversion` than 1.0.",
        "Mend the attribute named.",
        "attribut de l’enveloppe mal formé",
    ),
    Reason(
        "null_header",
        "A header of the record is null.",
        "Leave the header out, or give it a value.",
        "en-tête vide",
        (BUS,),
    ),
    Reason("tombstone", "The record has no value.", "Send the data.", "enregistrement vide", (BUS,)),
    Reason(
        "source_mismatch",
        "`source` is not the system that owns the key or the topic.",
        "Send your own source; one key and one topic for each system.",
        "source d’un autre système",
    ),
    Reason("unknown_type", "`type` is not in the contract.", "Compare with the contract.", "type inconnu"),
    Reason(
        "unknown_source",
        "The system is not in the register.",
        "Ask the administrator to register it.",
        "système absent du registre",
        (BUS,),
    ),
    Reason(
        "inactive_source",
        "The system was taken out of the register.",
        "Ask the administrator.",
        "système retiré du registre",
    ),
    Reason(
        "type_not_granted",
        "The register grants no event of this type to the system.",
        "Ask the administrator for the grant.",
        "type d’événement non accordé",
    ),
    Reason(
        "scope_missing",
        "The key has no scope for this type.",
        "Use another key, or ask for one with the scope.",
        "type absent des droits de la clé",
        (HTTP,),
    ),
    Reason(
        "invalid_data",
        "Fields of the data break the contract; each is named.",
        "Mend the fields named.",
        "données non conformes au contrat",
    ),
    Reason(
        "kind_not_granted",
        "This kind of feedback or request is not granted to the system.",
        "Ask the administrator for the grant.",
        "nature de demande non accordée",
    ),
    Reason(
        "form_not_granted",
        "The system reports this kind of request in the other form (single or bulk): both would count twice.",
        "Report it in the form that was agreed.",
        "forme (unitaire ou totaux) non accordée",
    ),
    Reason(
        "unknown_structure",
        "The structure was never declared.",
        "Use a code of the reference data: `GET /v1/structures?q=`.",
        "structure inconnue",
    ),
    Reason(
        "outside_part",
        "The structure, or the request, lies outside the part of the tree of the system or of the key.",
        "Check the code; else ask the administrator.",
        "structure hors du périmètre",
    ),
    Reason(
        "foreign_request",
        "The request belongs to another system: only its own system may submit or withdraw it.",
        "Leave `request_source` out for your own requests.",
        "demande d’un autre système",
    ),
    Reason(
        "unknown_request",
        "The platform has no such request.",
        "Check `request_id` and `request_source`.",
        "demande inconnue de la plateforme",
    ),
    Reason(
        "in_the_future",
        "It is said to have happened, or to have been said, more than five minutes after it arrived.",
        "Set the clock; give instants with their offset.",
        "daté dans le futur",
    ),
    Reason(
        "id_reused",
        "The id was used for another event of the system.",
        "Give each event an id of its own; a correction is a new event with a higher `version`.",
        "identifiant déjà utilisé",
        (HTTP,),
    ),
    Reason(
        "refused_by_database",
        "The platform cannot store it.",
        "Tell the administrator: it is a dead letter.",
        "impossible à enregistrer",
        (BUS,),
    ),
)
LABELS: Final = {"accepted": "accepté", "duplicate": "déjà reçu"} | {reason.code: reason.label for reason in REASONS}
"""Every verdict in French."""
