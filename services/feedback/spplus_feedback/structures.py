"""Reference data of one structure: how its names are compared, and when a declaration really changes something."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from spplus_contracts import ParentLink, StructureDeclared, canonical_json

FIRST_DAY: Final = date(2015, 1, 1)
"""First day of a parent whose beginning is not known: nothing in the programme is older."""

_LIGATURES: Final = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae"})
_NO_WORD: Final = re.compile(r"[^a-z0-9]+")


def folded(text: str) -> str:
    """The text as it is compared: no accents, no case, one space between words (``L'Haÿ`` gives ``l hay``)."""
    plain = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _NO_WORD.sub(" ", letters.casefold()).strip()


def search_text(structure: StructureDeclared) -> str:
    """All that a person may type to find a structure, folded."""
    said = (structure.name, structure.public_name, structure.town, structure.post_code, structure.network)
    words: dict[str, None] = {}
    for part in said:
        words.update(dict.fromkeys(folded(part or "").split()))
    return " ".join(words)


def content(structure: StructureDeclared) -> str:
    """What a declaration says, without its version: equal text means that nothing changed."""
    said: Mapping[str, Any] = structure.model_dump(mode="json", exclude_none=True, exclude={"version"})
    return canonical_json(said)


def parent_on(structure: StructureDeclared, day: date) -> str | None:
    """The parent on a day; none for a root."""
    valid = [link for link in structure.parents if link.valid_from <= day]
    return max(valid, key=lambda link: link.valid_from).parent_code if valid else None


def moved_under(known: StructureDeclared | None, parent: str | None, *, today: date) -> tuple[ParentLink, ...]:
    """The history of parents once a list of today names `parent`.

    A list says only where a structure stands now, so its word is taken for all the past the first time, and from
    today on when it contradicts what is known.
    """
    if known is None:
        return (ParentLink(parent_code=parent, valid_from=FIRST_DAY),) if parent else ()
    if parent_on(known, today) == parent:
        return known.parents
    past = tuple(link for link in known.parents if link.valid_from < today)
    return (*past, ParentLink(parent_code=parent, valid_from=today))


def in_cycles(parents: Mapping[str, str | None]) -> frozenset[str]:
    """The structures that are their own ancestor, given the parent of each."""
    settled: set[str] = set()
    cyclic: set[str] = set()
    for start in parents:
        path: dict[str, None] = {}
        code: str | None = start
        while code is not None and code not in settled and code not in path:
            path[code] = None
            code = parents.get(code)
        if code in path:
            walked = list(path)
            cyclic.update(walked[walked.index(str(code)) :])
        settled.update(path)
    return frozenset(cyclic)


def ancestors_of(code: str, parents: Mapping[str, str | None]) -> Iterable[str]:
    """The structure itself, then its parent, up to the root. Ends on a cycle too."""
    seen: set[str] = set()
    current: str | None = code
    while current is not None and current not in seen:
        seen.add(current)
        yield current
        current = parents.get(current)
