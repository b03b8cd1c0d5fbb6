"""A text made plain for searching, with the way back: whatever is found is told by its place in the original.

People write telephone numbers with narrow spaces, e-mail addresses in full width, and software puts characters between
letters that nobody sees. All of that is made plain here, one character for one, so that a rule can stay simple.
"""

import unicodedata
from dataclasses import dataclass
from typing import Final

_UNSEEN: Final = {"Cf", "Cc", "Mn", "Me"}
_SPACES: Final = {"Zs", "Zl", "Zp"}
_ALIKE: Final = (
    dict.fromkeys("’‘ʼ´`′＇", "'")  # noqa: RUF001 - these are what is looked for
    | dict.fromkeys("‐‑‒–—―−﹣－", "-")  # noqa: RUF001 - the same
    | {"º": "°", "\t": " ", "\r": "\n", "\n": "\n"}
)


@dataclass(frozen=True, slots=True)
class Flat:
    """A plain text: no accents, one kind of space, dash and apostrophe, nothing unseen; case is kept."""

    text: str
    places: tuple[int, ...]
    """Where each of its characters stands in the original."""
    length: int
    """Characters of the original."""

    def place(self, start: int, end: int) -> tuple[int, int]:
        """The place in the original; characters that nobody sees at its end belong to it."""
        return self.places[start], self.places[end] if end < len(self.places) else self.length


def flattened(text: str) -> Flat:
    """Make a text plain."""
    characters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        plain = _plain(character)
        if plain:
            characters.append(plain)
            places.append(place)
    return Flat("".join(characters), tuple(places), len(text))


def _plain(character: str) -> str:
    """One plain character, or none for one that is not seen."""
    known = _ALIKE.get(character) or (character if " " <= character <= "~" else None)
    if known:
        return known
    category = unicodedata.category(character)
    if category in _UNSEEN:
        return ""
    if category in _SPACES:
        return " "
    first = unicodedata.normalize("NFKD", character)[0]
    digit = unicodedata.decimal(first, None)
    return first if digit is None else str(digit)
