"""Somebody keeps every revision of every figure and computes: nothing about fewer than ten answers comes out."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spplus_indicators.disclosure import STEP, Cell, apart, minus
from tests.support.attacker import Knowledge
from tests.support.confidences import PARENTS, QUARTERS, World, attacked

PLACES = st.tuples(st.sampled_from(sorted(PARENTS)), st.sampled_from(QUARTERS))
VALUES = st.integers(0, 2)
COME = st.lists(VALUES, min_size=1, max_size=24)


@st.composite
def changes(draw, most_gone: int):
    gone = draw(st.integers(0, most_gone))
    latest_gone = draw(st.integers(0, most_gone - gone))
    return draw(PLACES), draw(COME | st.just([])), gone, latest_gone, draw(st.integers(0, 3))


def histories(most_gone: int):
    return st.lists(changes(most_gone) | st.sampled_from(QUARTERS), min_size=1, max_size=20)


def play_of(steps):
    def play(world: World) -> Iterator[None]:
        for step in steps:
            if isinstance(step, int):
                world.close(step)
            else:
                place, come, gone, latest_gone, corrected = step
                world.change(place, come, gone=gone, latest_gone=latest_gone, corrected=corrected)
            yield

    return play


@settings(max_examples=150, deadline=None)
@given(histories(24))
def test_who_keeps_every_revision_recovers_nothing(steps):
    assert attacked(World(knows_who=False), play_of(steps)) == []


@settings(max_examples=150, deadline=None)
@given(histories(4))
def test_nor_does_who_knows_when_each_answer_came_and_went(steps):
    assert attacked(World(knows_who=True), play_of(steps)) == []


@settings(max_examples=100, deadline=None)
@given(histories(24))
def test_nor_does_who_knows_what_each_cell_shows_whatever_the_tree(steps):
    assert attacked(World(knows_who=False), play_of(steps), World.cells) == []


@settings(max_examples=100, deadline=None)
@given(histories(24))
def test_what_the_attacker_takes_the_figures_for_is_what_they_are(steps):
    world = World(knows_who=True)
    for _ in play_of(steps)(world):
        assert world.misread() == []


def few_beside_many(world: World) -> Iterator[None]:
    world.change(("D", 1), [0] * 30)
    world.change(("E", 1), [2] * 3)
    yield


def few_of_the_parent_itself(world: World) -> Iterator[None]:
    world.change(("F", 1), [0] * 30)
    world.change(("C", 1), [2] * 4)
    yield


def few_in_one_quarter(world: World) -> Iterator[None]:
    world.change(("F", 1), [0] * 30)
    world.change(("F", 2), [2] * 5)
    yield


def few_between_revisions(world: World) -> Iterator[None]:
    world.change(("F", 1), [0] * 30)
    yield
    world.change(("F", 1), [2])
    yield


def back_to_almost_where_it_was(world: World) -> Iterator[None]:
    """Ten answers come and eleven go: the last figure is one answer away from the first."""
    world.change(("F", 1), [0] * 30)
    yield
    world.change(("F", 1), [1] * 10)
    yield
    world.change(("F", 1), latest_gone=11)
    yield


def few_once_the_quarter_is_over(world: World) -> Iterator[None]:
    for code, answers in (("D", 7), ("E", 4), ("F", 9)):
        world.change((code, 1), [1] * answers)
        yield
    world.close(1)
    yield
    world.change(("D", 1), gone=3)
    world.close(1)
    yield


ATTACKS = [
    few_beside_many,
    few_of_the_parent_itself,
    few_in_one_quarter,
    few_between_revisions,
    back_to_almost_where_it_was,
    few_once_the_quarter_is_over,
]


@pytest.mark.parametrize("knows_who", [False, True])
@pytest.mark.parametrize("play", ATTACKS)
def test_an_attack_that_a_threshold_alone_does_not_stop_fails(play, knows_who):
    assert attacked(World(knows_who), play, World.naive_figures) != []
    assert attacked(World(knows_who), play) == []


def in_steps_from_the_last(cell: Cell) -> Cell:
    """Steps of ten answers, without a thought for what was said earlier."""
    wanted = minus(cell.counted, cell.passed_on)
    return cell if apart(wanted, cell.shown) < STEP else cell._replace(shown=wanted, said=(*cell.said, wanted))


def test_steps_from_the_last_revision_alone_give_away_what_earlier_ones_said():
    assert attacked(World(knows_who=False, restate=in_steps_from_the_last), back_to_almost_where_it_was) != []


def test_the_attacker_solves_what_can_be_solved_and_no_more():
    knowledge = Knowledge()
    knowledge.see_all([{"a": 2, "b": 1}, {"b": 1, "c": 3}, {"c": 1, "d": 1}])
    assert knowledge.gives({"a": 2, "b": 2, "c": 3})
    assert not knowledge.gives({"a": 1})
    knowledge.see({"a": 1, "d": -1})
    assert [knowledge.gives({name: 1}) for name in "abcd"] == [True] * 4
