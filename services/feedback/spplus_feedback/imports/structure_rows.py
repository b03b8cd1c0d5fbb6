"""The official list of structures, row by row: what each column means and which traps it has."""

import re
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from spplus_contracts import ParentLink, StructureDeclared
from spplus_feedback.imports.table import Row, Unreadable
from spplus_feedback.structures import FIRST_DAY

CODE: Final = "Code SP+ de la structure"
NETWORK: Final = "Intitulé du réseau"
TYPOLOGY: Final = "Intitulé de la typologie"
NAME: Final = "Intitulé de la structure"
PUBLIC_NAME: Final = "Intitulé structure usager"
PARENT: Final = "Code SP+ structure parent"
POST_CODE: Final = "Code postal de la structure"
TOWN: Final = "Ville"
COUNTRY: Final = "PAYS"
ACTIVE: Final = "Actif"
DEPARTMENT: Final = "INSEE Département"

REQUIRED: Final = frozenset({CODE, NETWORK, TYPOLOGY, NAME, PARENT, ACTIVE})

_DEPARTMENT: Final = re.compile(r"^dep(0[1-9]|[1-9][0-9]|2[AB]|97[1-8]|98[4-9])$", re.IGNORECASE)
_POST_CODE: Final = re.compile(r"^[0-9]{4,5}$")
_INACTIVE: Final = {"non", "n", "0", "false"}


@dataclass(frozen=True, slots=True)
class ListedStructure:
    """One structure as the list knows it today."""

    line: int
    structure: StructureDeclared
    """Version and history are those of a first import."""
    parent_code: str | None
    doubts: tuple[str, ...] = ()
    """Closed codes of what had to be left out: ``bad_post_code``, ``bad_department``."""


def listed_structure(row: Row) -> ListedStructure | Unreadable:
    """Read one row of the list."""
    parent = row[PARENT] or None
    post_code, department = _post_code(row), _department(row[DEPARTMENT])
    try:
        structure = StructureDeclared(
            code=row[CODE],
            version=1,
            name=row[NAME],
            public_name=row[PUBLIC_NAME] or None,
            network=row[NETWORK],
            typology=row[TYPOLOGY] or None,
            parents=(ParentLink(parent_code=parent, valid_from=FIRST_DAY),) if parent else (),
            department=department,
            post_code=post_code,
            town=row[TOWN] or None,
            active=row[ACTIVE].casefold() not in _INACTIVE,
        )
    except ValidationError as error:
        fields = sorted({str(fault["loc"][0]) for fault in error.errors(include_input=False, include_url=False)})
        return Unreadable(row.line, "invalid_structure", f"not valid: {', '.join(fields)}")
    doubts = []
    if post_code is None and row[POST_CODE] and _is_french(row):
        doubts.append("bad_post_code")
    if department is None and row[DEPARTMENT]:
        doubts.append("bad_department")
    return ListedStructure(row.line, structure, parent, tuple(doubts))


def _is_french(row: Row) -> bool:
    return row[COUNTRY].casefold() in {"", "france"}


def _post_code(row: Row) -> str | None:
    """A French post code with the leading zero that the list lost (``4000`` is 04000); none for other countries."""
    if not _is_french(row) or not _POST_CODE.match(row[POST_CODE]):
        return None
    return row[POST_CODE].zfill(5)


def _department(insee: str) -> str | None:
    found = _DEPARTMENT.match(insee)
    return found.group(1).upper() if found else None
