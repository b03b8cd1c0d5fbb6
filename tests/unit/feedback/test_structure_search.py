import pytest

from spplus_feedback.structure_search import said_officially, wanted_words


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("Préfecture de Lyon", ["prefecture", "lyon"]),
        ("l'Eure", ["eure"]),
        ("impôts  IMPÔTS", ["impots"]),
        ("35000", ["35000"]),
        ("de la", []),
        ("x", []),
        ("%_'; DROP", ["drop"]),
        ("", []),
    ],
)
def test_wanted_words_are_those_that_say_something(typed, words):
    assert wanted_words(typed) == words


def test_wanted_words_are_few_and_short():
    words = wanted_words(" ".join(f"{'x' * 90}{number}" for number in range(5)) + " a1 b2 c3 d4 e5 f6 g7 h8 i9")
    assert len(words) == 8
    assert max(len(word) for word in words) == 40


@pytest.mark.parametrize(
    ("said", "official"),
    [
        (["caisse", "allocations", "familiales", "rennes"], ["caf", "rennes"]),
        (["securite", "sociale", "gap"], ["cpam", "gap"]),
        (["st", "etienne"], ["saint", "etienne"]),
        (["insecurite"], ["insecurite"]),
    ],
)
def test_what_people_say_becomes_the_word_of_the_official_list(said, official):
    assert said_officially(said) == official
