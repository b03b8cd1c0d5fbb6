"""Words found in a text are cut out of it; nothing of the text is lost on the way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spplus_feedback.experiences.passages import START, STOP, Piece, passages, pieces

PLAIN = st.text(st.characters(exclude_characters=START + STOP), max_size=300)


@given(st.lists(st.tuples(PLAIN, st.booleans()), max_size=8))
def test_pieces_give_the_whole_text(parts):
    marked = "".join(f"{START}{text}{STOP}" if found else text for text, found in parts)
    assert "".join(piece.text for piece in pieces(marked)) == "".join(text for text, _ in parts)
    wanted = [text for text, found in parts if found and text]
    assert [piece.text for piece in pieces(marked) if piece.found] == wanted
    if wanted:
        assert [piece.text for piece in passages(marked) if piece.found] == wanted[:4]


def test_no_passage_where_nothing_was_found():
    assert passages("un texte") == ()


@pytest.mark.parametrize("words", [100, 500])
def test_passage_is_short_and_cut_between_words(words):
    around = "mot " * words
    before, found, between, _, after = passages(f"{around}{START}ici{STOP} {around}{START}là{STOP} {around}")
    assert (found, len(before.text) < 130, len(between.text) < 260, len(after.text) < 130) == (
        Piece("ici", found=True),
        True,
        True,
        True,
    )
    assert before.text.startswith("…mot ")
    assert after.text.endswith(" mot…")
    assert set(between.text.split()) == {"mot", "…"}
