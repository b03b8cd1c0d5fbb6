"""Replies that are written often: a text with places that are filled in when it is used."""

import re
from collections.abc import Mapping
from typing import Final

PLACES: Final = {
    "structure": "le nom du service qui répond",
    "date": "la date du jour",
    "date_recit": "la date à laquelle l’expérience a été racontée",
    "echeance": "la date pour laquelle la réponse est annoncée",
}
"""What may stand between braces, with what is put there."""
LONGEST_NAME: Final = 100
LONGEST_TEXT: Final = 10_000
_PLACE: Final = re.compile(r"\{([^{}\n]{1,40})\}")
_UNREADABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def filled(text: str, values: Mapping[str, str]) -> str:
    """The reply with its places filled in; what is no place of ours stays as it is."""
    return _PLACE.sub(lambda found: values.get(found[1].strip(), found[0]), text)


def unknown_places(text: str) -> tuple[str, ...]:
    """Names between braces that nobody would fill in, in their order."""
    return tuple(dict.fromkeys(name for name in _PLACE.findall(text) if name.strip() not in PLACES))


def joined(before: str, added: str) -> str:
    """A reply put under what is written already, which is never lost."""
    return f"{before.rstrip()}\n\n{added}" if before.strip() else added


def fault_of(text: str, *, longest: int = LONGEST_TEXT) -> str | None:
    """What is wrong with words that a person typed; none where nothing is."""
    if not text.strip():
        return "Écrivez un texte."
    if len(text) > longest:
        return f"Ce texte est trop long : {longest:,} caractères au plus.".replace(",", "\u202f")
    if _UNREADABLE.search(text):
        return "Ce texte contient des caractères que nous ne pouvons pas lire. Merci de le saisir à nouveau."
    return None
