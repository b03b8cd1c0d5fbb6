from pathlib import Path

import pytest

from spplus_feedback.imports.structure_rows import REQUIRED, ListedStructure, listed_structure
from spplus_feedback.imports.table import Row, Table, Unreadable

FIXTURES = Path(__file__).parents[2] / "fixtures"


def listed(name):
    with Table(FIXTURES / name, REQUIRED) as table:
        return [row if isinstance(row, Unreadable) else listed_structure(row) for row in table]


def a_row(**cells):
    names = {"code": "Code SP+ de la structure", "post_code": "Code postal de la structure", "country": "PAYS"}
    names |= {"department": "INSEE Département", "active": "Actif"}
    fields = {"code": "C", "Intitulé du réseau": "R", "Intitulé de la structure": "N", "active": "Oui"} | cells
    return Row(2, {names.get(name, name): value for name, value in fields.items()})


def test_listed_structures_of_a_file_in_the_official_layout():
    read = {one.structure.code: one for one in listed("structures.csv")}
    assert len(read) == 11
    south = read["cD5fG7hI9j"].structure
    assert (south.name, south.post_code, south.town, south.department) == ("Phares du Sud", "06000", "NICE", "06")
    assert read["STR-101"].structure.public_name == "Le grand phare"
    assert read["STR-101"].parent_code == "bC4eF6gH8i"
    assert read["dE6gH8iJ0k"].parent_code is None
    assert read["dE6gH8iJ0k"].structure.department == "2A"
    assert read["eF7hI9jK1l"].structure.name == 'Moulin; aval "vieux"'
    assert not read["STR-103"].structure.active
    assert {code: one.doubts for code, one in read.items() if one.doubts} == {
        "dE6gH8iJ0k": ("bad_post_code",),
        "eF7hI9jK1l": ("bad_post_code",),
    }


def test_listed_structures_bad_rows_say_why_and_where():
    bad = [(one.line, one.reason) for one in listed("structures-doubtful.csv") if isinstance(one, Unreadable)]
    assert bad == [(2, "invalid_structure"), (3, "invalid_structure"), (4, "invalid_structure"), (10, "wrong_columns")]


@pytest.mark.parametrize(
    ("post_code", "country", "expected"),
    [("4000", "France", "04000"), ("75001", "", "75001"), ("113", "Chypre", None), ("10115", "Allemagne", None)],
)
def test_post_code_is_french_or_none(post_code, country, expected):
    read = listed_structure(a_row(post_code=post_code, country=country))
    assert isinstance(read, ListedStructure)
    assert read.structure.post_code == expected
    assert read.doubts == ()


@pytest.mark.parametrize(
    ("insee", "expected", "doubts"),
    [
        ("dep53", "53", ()),
        ("dep2b", "2B", ()),
        ("dep974", "974", ()),
        ("", None, ()),
        ("53", None, ("bad_department",)),
    ],
)
def test_department_loses_its_prefix(insee, expected, doubts):
    read = listed_structure(a_row(department=insee))
    assert isinstance(read, ListedStructure)
    assert (read.structure.department, read.doubts) == (expected, doubts)


def test_unreadable_structure_names_fields_not_values():
    read = listed_structure(a_row(code="jean.dupont@example.org"))
    assert isinstance(read, Unreadable)
    assert read.detail == "not valid: code"
