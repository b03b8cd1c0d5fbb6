"""What a moderator sees of a text, and what a form of theirs names."""

import pytest

from spplus_feedback.moderation.detection import found_in
from spplus_feedback.moderation.showing import (
    Piece,
    listed,
    occurrences,
    read_place,
    sentences,
    shown,
    unmasked,
    without,
)
from spplus_feedback.moderation.spans import Field, Kind, Place
from spplus_feedback.stories import Texts

TEXT = "Mme Dupont, 06 12 34 56 78. Écrire à jean@free.fr ! Et puis…\nC'est tout"
TEXTS = Texts(story=TEXT)


def place_of(words, kind=Kind.OTHER):
    start = TEXT.index(words)
    return Place(Field.STORY, start, start + len(words), kind)


def test_text_is_shown_whole_with_what_is_found_and_what_is_masked():
    masks = [place_of("Dupont", Kind.NAME)]
    pieces = shown(TEXTS, Field.STORY, masks, found_in(TEXTS))
    assert "".join(piece.text for piece in pieces) == TEXT
    assert [piece for piece in pieces if piece.kind] == [
        Piece("Dupont", Kind.NAME, masked=True),
        Piece("06 12 34 56 78", Kind.PHONE),
        Piece("jean@free.fr", Kind.EMAIL),
    ]


def test_what_a_mask_covers_in_part_is_left_in_part():
    left = unmasked([place_of("06 12 34 56 78", Kind.PHONE)], [place_of("34")])
    assert [each.words for each in listed(TEXTS, left)] == ["06 12 ", " 56 78"]


def test_sentences_can_be_ticked_and_together_hold_all_words():
    ticked = [each.words for each in sentences(TEXTS, Field.STORY)]
    assert ticked == ["Mme Dupont, 06 12 34 56 78.", "Écrire à jean@free.fr !", "Et puis…", "C'est tout"]


@pytest.mark.parametrize("typed", ["jean@free.fr", "  jean@free.fr ", "Dupont,  06\n12", "ecrire", "Ecrire\u00a0a"])
def test_passage_is_found_whatever_its_spaces_and_accents(typed):
    texts = Texts(title="Écrire", story=TEXT.replace("Écrire", "écrire", 1) + " Écrire à Jean")
    assert occurrences(texts, typed, Kind.OTHER)


def test_passage_is_found_everywhere():
    texts = Texts(title="Grosjean", story="Grosjean et Grosjean", suggestion="Petitjean")
    assert [(place.field, place.start) for place in occurrences(texts, "Grosjean", Kind.NAME)] == [
        (Field.TITLE, 0),
        (Field.STORY, 0),
        (Field.STORY, 12),
    ]


@pytest.mark.parametrize("typed", ["", "  ", "\u200b", "absent"])
def test_what_is_not_there_is_not_found(typed):
    assert occurrences(TEXTS, typed, Kind.OTHER) == ()


def test_place_goes_through_a_form_and_back():
    (each,) = listed(TEXTS, [place_of("Dupont", Kind.NAME)])
    assert read_place(each.order) == each.place
    assert without([each.place, place_of("06")], read_place(each.order)) == (place_of("06"),)


@pytest.mark.parametrize(
    "order", ["", "story 1 2", "story 1 2 3 4", "code 1 2 name", "story a 2 name", "story 1 2 secret"]
)
def test_what_names_no_place_is_refused(order):
    with pytest.raises(ValueError, match=r"."):
        read_place(order)
