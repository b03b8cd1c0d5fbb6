"""What a password must be: long, and not to be guessed from its owner's name.

Length is what resists; rules of composition only make people write it down (NIST SP 800-63B-4, 3.1.1; ANSSI, 2021).
"""

import unicodedata
from typing import Final

LEAST: Final = 15
"""Characters; NIST's minimum where the password is the only factor."""
MOST: Final = 200
"""Characters; a bound for the work of hashing."""
_LEAST_DISTINCT: Final = 6
_TELLING: Final = 5
"""Letters of a word, from which on it tells something."""


def normalised(password: str) -> str:
    """The same password for the same keys, however a keyboard composes accents."""
    return unicodedata.normalize("NFKC", password)


def weakness(password: str, *, login: str, name: str) -> str | None:
    """Why a password is refused, in French; none where it is accepted."""
    text = normalised(password)
    if len(text) < LEAST:
        return f"Le mot de passe doit avoir au moins {LEAST} caractères : quelques mots à la suite conviennent."
    if len(text) > MOST:
        return f"Le mot de passe peut avoir au plus {MOST} caractères."
    if len(set(text)) < _LEAST_DISTINCT:
        return "Ce mot de passe répète trop peu de caractères différents."
    words = {word for word in f"{login.partition('@')[0]} {name}".casefold().split() if len(word) >= _TELLING}
    rest = text.casefold()
    for word in words:
        rest = rest.replace(word, "")
    if len(rest) < LEAST // 2:
        return "Ce mot de passe ressemble trop à votre nom ou à votre identifiant."
    return None
