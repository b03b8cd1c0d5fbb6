from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spplus_contracts import ParentLink, StructureDeclared
from spplus_feedback.structures import (
    FIRST_DAY,
    ancestors_of,
    content,
    folded,
    in_cycles,
    moved_under,
    parent_on,
    search_text,
)

TODAY = date(2024, 5, 1)


def declared(code: str = "A", *links: tuple[str | None, date], version: int = 1) -> StructureDeclared:
    parents = tuple(ParentLink(parent_code=parent, valid_from=day) for parent, day in links)
    return StructureDeclared(code=code, version=version, name=f"Structure {code}", network="Réseau", parents=parents)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("L'Haÿ-les-Roses", "l hay les roses"),
        ("  Sous-préfecture   d\u2019Œuilly ", "sous prefecture d oeuilly"),
        ("RÉSEAU CONSULAIRE", "reseau consulaire"),
        ("—", ""),
    ],
)
def test_folded_drops_accents_case_and_punctuation(text: str, expected: str) -> None:
    assert folded(text) == expected


@given(st.text())
def test_folded_twice_equals_folded_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)


def test_search_text_holds_each_word_once() -> None:
    structure = declared().model_copy(
        update={"town": "Évreux", "post_code": "27000", "public_name": "Structure d'Évreux"}
    )
    assert search_text(structure) == "structure a d evreux 27000 reseau"


def test_content_ignores_the_version_only() -> None:
    assert content(declared(version=1)) == content(declared(version=7))
    assert content(declared()) != content(declared().model_copy(update={"town": "Laval"}))


def test_moved_under_first_list_holds_for_the_past() -> None:
    assert moved_under(None, "P", today=TODAY) == (ParentLink(parent_code="P", valid_from=FIRST_DAY),)
    assert moved_under(None, None, today=TODAY) == ()


def test_moved_under_same_parent_keeps_history() -> None:
    known = declared("A", ("P", FIRST_DAY), ("Q", date(2020, 1, 1)))
    assert moved_under(known, "Q", today=TODAY) == known.parents


def test_moved_under_other_parent_counts_from_today() -> None:
    known = declared("A", ("P", FIRST_DAY), ("R", TODAY))
    moved = declared("A").model_copy(update={"parents": moved_under(known, None, today=TODAY)})
    assert parent_on(moved, date(2024, 4, 30)) == "P"
    assert parent_on(moved, TODAY) is None
    assert len(moved.parents) == 2


def test_in_cycles_names_only_members_of_a_circle() -> None:
    parents = {"a": "b", "b": "c", "c": "b", "d": "d", "e": "a", "f": None, "g": "f"}
    assert in_cycles(parents) == {"b", "c", "d"}


def test_ancestors_of_ends_on_a_circle() -> None:
    assert list(ancestors_of("a", {"a": "b", "b": "c", "c": "b"})) == ["a", "b", "c"]
    assert list(ancestors_of("x", {})) == ["x"]
