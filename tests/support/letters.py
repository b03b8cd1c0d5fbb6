"""A letter of each kind."""

import json

from spplus_notifier.mail.letters import Addresses, Letter, letter_of

ADDRESSES = Addresses("https://resultats.exemple.fr/", "https://avis.exemple.fr/suivi")
OFFICE = {"code": "a/b", "name": "Mairie\nde Villeneuve"}
LINES = ["Expériences positives : 78 %, sur 412 expériences.", "Réponses : 83 %, sur 96 demandes <&>."]
OVERDUE = "3 demandes attendent encore une réponse."
TOLD = {
    **dict.fromkeys(("confirm", "answered", "closed", "moderated", "expired")),
    **dict.fromkeys(("confirm_subscription", "keep_subscription"), OFFICE),
    "digest": OFFICE | {"overdue": OVERDUE, "lines": LINES},
    "significant": OFFICE | {"lines": LINES},
}


def a_letter(kind: str, **changes: object) -> Letter:
    """The letter of a kind, about the office where it is about one."""
    told = TOLD[kind]
    return letter_of(kind, "c0de" * 8, ADDRESSES, None if told is None else json.dumps(told | changes))
