"""What the public reads is the original with places masked: never another character."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spplus_feedback.moderation.spans import (
    MASKS,
    BadSpan,
    Field,
    Kind,
    Place,
    Span,
    checked,
    joined,
    masked,
    pieces,
    public,
)
from spplus_feedback.stories import Texts


@st.composite
def texts_with_spans(draw):
    text = draw(st.text(min_size=1, max_size=200))
    spans = []
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        spans.append(Span(start, end, draw(st.sampled_from(Kind))))
    return text, spans


@given(texts_with_spans())
def test_characters_that_are_not_masked_are_unchanged_and_in_order(drawn):
    text, spans = drawn
    covered = {place for span in spans for place in range(span.start, span.end)}
    rest = masked(text, spans)
    kept = []
    for piece, span in pieces(text, spans):
        shown = piece if span is None else MASKS[span.kind]
        assert rest.startswith(shown)
        rest = rest[len(shown) :]
        kept += [] if span else [piece]
    assert rest == ""
    assert "".join(kept) == "".join(character for place, character in enumerate(text) if place not in covered)
    assert "".join(piece for piece, _ in pieces(text, spans)) == text


@given(texts_with_spans())
def test_what_is_masked_is_shown_by_nothing_but_its_kind(drawn):
    text, spans = drawn
    secret = text.replace("\x00", "") + "\x00"
    whole = [Span(0, len(secret), span.kind) for span in spans] or [Span(0, len(secret), Kind.OTHER)]
    assert masked(secret, whole) in MASKS.values()


@given(texts_with_spans())
def test_joined_places_cover_the_same_characters_without_overlap(drawn):
    _, spans = drawn
    once = joined(spans)
    assert {p for s in once for p in range(s.start, s.end)} == {p for s in spans for p in range(s.start, s.end)}
    assert all(before.end <= after.start for before, after in itertools.pairwise(once))
    assert joined(once) == once
    assert joined(reversed(spans)) == once or len({(s.start, s.end) for s in spans}) < len(spans)


@pytest.mark.parametrize("span", [Span(0, 6, Kind.OTHER), Span(-1, 2, Kind.OTHER), Span(3, 3, Kind.OTHER)])
def test_place_outside_of_the_text_is_refused(span):
    with pytest.raises(BadSpan):
        masked("abcde", [span])


def test_story_is_masked_in_the_text_that_the_place_names():
    texts = Texts(title="Mme Dupont", story="Mme Dupont encore")
    shown = public(texts, [Place(Field.STORY, 4, 10, Kind.NAME)])
    assert shown == Texts(title="Mme Dupont", story="Mme [nom masqué] encore")


def test_place_in_a_text_that_is_not_there_is_refused():
    with pytest.raises(BadSpan):
        checked(Texts(title="un titre"), [Place(Field.SUGGESTION, 0, 3, Kind.OTHER)])
