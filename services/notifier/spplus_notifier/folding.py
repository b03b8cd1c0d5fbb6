"""Names as people type them: accents, capitals, ligatures and hyphens make no difference to a search."""

import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss"})
_MAX_WORDS = 8


def fold(text: str) -> str:
    """Lower case, no accents, letters and digits only, single spaces."""
    bare = unicodedata.normalize("NFKD", text.casefold().translate(_LIGATURES))
    return " ".join(
        "".join(sign if sign.isalnum() else " " for sign in bare if not unicodedata.combining(sign)).split()
    )


def words(text: str) -> list[str]:
    """The folded words of a query, the longest first, few enough to be looked for."""
    return sorted(dict.fromkeys(fold(text).split()), key=len, reverse=True)[:_MAX_WORDS]
