"""Words found in a text, without a character of markup: the text is cut where the search engine put its marks."""

import re
from dataclasses import dataclass
from typing import Final

START: Final = "\x02"
STOP: Final = "\x03"
_AROUND: Final = 120
"""Characters shown before and after a word that was found."""
_MOST: Final = 4
"""Words found that are shown; of more, the first ones."""
_CUT: Final = "…"
_MARKED: Final = re.compile(f"{START}([^{START}{STOP}]*){STOP}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; `found` where it is what was looked for."""

    text: str
    found: bool


def pieces(marked: str) -> tuple[Piece, ...]:
    """The whole text in pieces."""
    cut: list[Piece] = []
    end = 0
    for match in _MARKED.finditer(marked):
        cut += [Piece(marked[end : match.start()], found=False), Piece(match[1], found=True)]
        end = match.end()
    cut.append(Piece(marked[end:], found=False))
    return tuple(piece for piece in cut if piece.text)


def passages(marked: str) -> tuple[Piece, ...]:
    """The first words that were found with what stands around them; none where nothing was found."""
    whole = _beginning(pieces(marked))
    if not any(piece.found for piece in whole):
        return ()
    last = len(whole) - 1
    return tuple(
        piece if piece.found else Piece(_near(piece.text, first=place == 0, last=place == last), found=False)
        for place, piece in enumerate(whole)
    )


def _beginning(whole: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """As far as the last word that is shown, and the plain text after it."""
    places = [place for place, piece in enumerate(whole) if piece.found][:_MOST]
    end = places[-1] + 1 if places else 0
    following = "".join(piece.text for piece in whole[end:])
    return (*whole[:end], Piece(following, found=False)) if following else whole[:end]


def _near(text: str, *, first: bool, last: bool) -> str:
    """What stands near a word found before, after, or between two; cut between words."""
    if first:
        return text if len(text) <= _AROUND else _CUT + text[-_AROUND:].partition(" ")[2]
    if last:
        return text if len(text) <= _AROUND else text[:_AROUND].rpartition(" ")[0] + _CUT
    if len(text) <= 2 * _AROUND:
        return text
    return f"{text[:_AROUND].rpartition(' ')[0]} {_CUT} {text[-_AROUND:].partition(' ')[2]}"
