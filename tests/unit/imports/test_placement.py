import pytest

from spplus_feedback.imports.placement import FALLBACK_CODE, KnownStructure, Placement, Placer

PARENTS = {
    "root": None,
    "west": "root",
    "south": "root",
    "w1": "west",
    "w2": "west",
    "s1": "south",
    "twin-w": "west",
    "twin-s": "south",
    "old-w": "west",
    "old-s": "south",
    "lone": None,
    "float-1": "west",
    "float-2": "west",
    "here": "root",
    "there": None,
}


def known(code, name, typology=None, network="Phares", *, public_name=None, active=True):
    return KnownStructure(code, name, public_name, network, typology, active)


STRUCTURES = [
    known("root", "Direction générale", "Direction"),
    known("west", "Ouest", "Région"),
    known("south", "Sud", "Région"),
    known("w1", "Phare d'Ouessant", "Phare", public_name="Le grand phare"),
    known("w2", "Sémaphore de Créac'h", "Sémaphore"),
    known("s1", "Phare de la Garoupe", "Phare"),
    known("twin-w", "Balise", "Balise de l'Ouest"),
    known("twin-s", "Balise", "Balise du Sud"),
    known("old-w", "Feu", "Feu"),
    known("old-s", "Feu", "Feu", active=False),
    known("lone", "Sans parent", "Isolé", network="Moulins"),
    known("float-1", "Bouée 1", "Balise flottante"),
    known("float-2", "Bouée 2", "Balise flottante"),
    known("here", "Ici", "Deux mondes"),
    known("there", "Là", "Deux mondes", network="Moulins de là-bas"),
]


@pytest.fixture
def placer():
    return Placer(STRUCTURES, PARENTS)


@pytest.mark.parametrize(
    ("title", "typology", "expected"),
    [
        ("Phare d'Ouessant", "", Placement("w1")),
        ("PHARE D\u2019OUESSANT ", "", Placement("w1")),
        ("Le grand phare", "", Placement("w1")),
        ("Balise", "Balise du Sud", Placement("twin-s")),
        ("Feu", "", Placement("old-w")),
        ("Balise", "", Placement("root", "ambiguous_title")),
        ("Phares", "", Placement("root", "network")),
        ("Moulins", "", Placement("lone", "network")),
        ("sémaphore", "", Placement("w2", "typology")),
        ("Balise flottante", "", Placement("west", "typology")),
        ("Phare", "", Placement("root", "typology")),
        ("Région", "", Placement("root", "typology")),
        ("Phare inconnu", "Sémaphore", Placement("w2", "typology_of_row")),
        ("", "Balise flottante", Placement("west", "typology_of_row")),
        ("Isolé", "", Placement("lone", "typology")),
        ("Deux mondes", "", Placement(FALLBACK_CODE, "unknown_structure")),
        ("Hors-structures", "", Placement(FALLBACK_CODE, "unknown_structure")),
        ("", "", Placement(FALLBACK_CODE, "unknown_structure")),
    ],
)
def test_place_finds_the_nearest_thing_and_says_why(placer, title, typology, expected):
    assert placer.place(title, typology) == expected


def test_place_falls_back_where_it_is_told_to():
    assert Placer(STRUCTURES, PARENTS, fallback="root").place("?", "") == Placement("root", "unknown_structure")


def test_place_title_goes_before_network_and_typology():
    structures = [*STRUCTURES, known("named", "Phares"), known("sort", "Sémaphore", "Bâtiment")]
    placer = Placer(structures, PARENTS | {"named": "root", "sort": "south"})
    assert placer.place("Phares", "") == Placement("named")
    assert placer.place("Sémaphore", "") == Placement("sort")
