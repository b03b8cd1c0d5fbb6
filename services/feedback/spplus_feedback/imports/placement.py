"""Which structure a row counts under: the one it names, else the nearest thing that exists, and why."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from spplus_contracts import StructureDeclared
from spplus_feedback.structures import ancestors_of, folded

FALLBACK_CODE: Final = "hors-structures"


def hors_structures() -> StructureDeclared:
    """The structure of last resort, declared only when a row needs it."""
    return StructureDeclared(code=FALLBACK_CODE, version=1, name="Hors-structures", network="Hors réseau")


@dataclass(frozen=True, slots=True)
class KnownStructure:
    """What placing needs to know of a structure."""

    code: str
    name: str
    public_name: str | None
    network: str
    typology: str | None
    active: bool = True


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a row counts."""

    structure_code: str
    reason: str | None = None
    """Closed code of why it is not the structure named: ``ambiguous_title`` (several bear the title), ``network``
    (the title is a network's), ``typology`` (it is a typology's), ``typology_of_row`` (the title is unknown, the
    row's typology is not), ``unknown_structure`` (nothing fits, or nothing was named)."""


class Placer:
    """Finds structures by the words of the official files. Accents, case and punctuation do not matter."""

    def __init__(
        self, structures: Iterable[KnownStructure], parents: Mapping[str, str | None], *, fallback: str = FALLBACK_CODE
    ) -> None:
        self._parents = parents
        self._fallback = fallback
        self._titles: dict[str, list[KnownStructure]] = defaultdict(list)
        self._public_names: dict[str, list[KnownStructure]] = defaultdict(list)
        self._networks: dict[str, list[str]] = defaultdict(list)
        self._typologies: dict[str, list[str]] = defaultdict(list)
        for structure in sorted(structures, key=lambda one: one.code):
            self._titles[folded(structure.name)].append(structure)
            if structure.public_name is not None:
                self._public_names[folded(structure.public_name)].append(structure)
            self._networks[folded(structure.network)].append(structure.code)
            if structure.typology is not None:
                self._typologies[folded(structure.typology)].append(structure.code)
        self._placed: dict[tuple[str, str], Placement] = {}

    def place(self, title: str, typology: str) -> Placement:
        """Where a row counts that names this structure and, maybe, its typology."""
        asked = (folded(title), folded(typology))
        known = self._placed.get(asked)
        if known is None:
            known = self._placed[asked] = self._find(*asked)
        return known

    def _find(self, title: str, typology: str) -> Placement:
        if title:
            found = self._by_title(title, typology) or self._by_group(title)
            if found is not None:
                return found
        if typology in self._typologies:
            above = self._above(self._typologies[typology])
            if above is not None:
                return Placement(above, "typology_of_row")
        return Placement(self._fallback, "unknown_structure")

    def _by_title(self, title: str, typology: str) -> Placement | None:
        bearers = self._titles.get(title) or self._public_names.get(title)
        if bearers is None:
            return None
        for choice in (bearers, _of_typology(bearers, typology), [one for one in bearers if one.active]):
            if len(choice) == 1:
                return Placement(choice[0].code)
        return Placement(self._above([one.code for one in bearers]) or bearers[0].code, "ambiguous_title")

    def _by_group(self, title: str) -> Placement | None:
        if title in self._networks:
            above = self._above(self._networks[title])
            if above is not None:
                return Placement(above, "network")
        if title in self._typologies:
            above = self._above(self._typologies[title])
            if above is not None:
                return Placement(above, "typology")
        return None

    def _above(self, codes: Sequence[str]) -> str | None:
        """The lowest structure that holds all of these: their parent where they share one, itself if it is one."""
        lines = [list(ancestors_of(code, self._parents)) for code in codes]
        shared = set(lines[0]).intersection(*lines[1:])
        return next((code for code in lines[0] if code in shared), None)


def _of_typology(bearers: Sequence[KnownStructure], typology: str) -> list[KnownStructure]:
    return [one for one in bearers if typology and folded(one.typology or "") == typology]
