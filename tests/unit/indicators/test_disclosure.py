"""What may be said of answers given in confidence, and when it is said anew."""

import pytest

from spplus_indicators.disclosure import NOTHING, Cell, mixed, restated, tally_of

PARENTS = {"region": None, "county": "region", "town": "county", "village": "county", "other": "region"}


def counted(cell: Cell, answers: int, satisfied: int = 0) -> Cell:
    return restated(cell._replace(counted=(answers, satisfied, 0, answers - satisfied)))


def test_nine_answers_are_said_nowhere_and_ten_are():
    nine = counted(Cell(NOTHING), 9)
    assert (nine.shown, nine.waiting[0]) == (NOTHING, 9)
    assert counted(nine, 10).shown == (10, 0, 0, 10)


def test_figures_move_in_steps_of_ten():
    cell = counted(Cell(NOTHING), 14)
    assert [counted(cell, answers).shown[0] for answers in range(4, 26)] == [0] + [14] * 19 + [24, 25]


def test_ten_corrected_answers_are_a_step():
    cell = counted(Cell(NOTHING), 40, 30)
    assert counted(cell, 40, 39) is not cell
    assert counted(cell, 40, 39).shown[1] == 30
    assert counted(cell, 40, 40).shown[1] == 40


def test_a_figure_that_comes_back_near_an_earlier_one_is_that_earlier_one():
    cell = counted(counted(Cell(NOTHING), 10, 7), 25, 20)
    assert counted(cell, 9, 6).shown == (10, 7, 0, 3)
    assert counted(cell, 11, 7).shown == (10, 7, 0, 3)


def test_a_wave_of_answers_that_was_withdrawn_leaves_the_figure():
    cell = counted(counted(Cell(NOTHING), 31), 1_031)
    assert counted(cell, 33).shown[0] == 31
    assert counted(cell, 3).shown == NOTHING
    assert counted(cell, 500).shown[0] == 500


def test_nothing_is_said_between_one_and_nine():
    cell = counted(Cell(NOTHING), 12, 12)
    away = restated(cell._replace(counted=(5, -4, 5, 20)))
    assert away.shown == NOTHING


def test_what_waits_is_said_at_the_lowest_structure_that_gathers_ten():
    own = {"town": Cell((6, 6, 0, 0)), "village": Cell((5, 0, 0, 5)), "other": Cell((9, 9, 0, 0))}
    changed = mixed(own, {}, PARENTS)
    assert changed.pooled == {"county": Cell((11, 6, 0, 5), (11, 6, 0, 5), said=((11, 6, 0, 5),))}
    assert {code: cell.passed_on for code, cell in changed.own.items()} == {
        "town": (6, 6, 0, 0),
        "village": (5, 0, 0, 5),
    }


def test_what_a_structure_passed_on_is_never_said_there_again():
    town = mixed({"town": Cell((6, 6, 0, 0)), "village": Cell((5, 0, 0, 5))}, {}, PARENTS).own["town"]
    assert counted(town, 15, 15).shown == NOTHING
    assert counted(town, 16, 16).shown[0] == 10


def test_pooling_leaves_what_is_below_ten_everywhere():
    assert mixed({"town": Cell((4, 0, 0, 4)), "other": Cell((5, 0, 0, 5))}, {}, PARENTS) == ({}, {})


def test_what_nobody_declared_waits():
    assert mixed({"unheard": Cell((9, 0, 0, 9)), "other": Cell((9, 0, 0, 9))}, {}, PARENTS) == ({}, {})


def test_what_was_pooled_and_then_withdrawn_leaves_the_figure_above():
    first = mixed({"town": Cell((6, 6, 0, 0)), "village": Cell((5, 0, 0, 5))}, {}, PARENTS)
    gone = {code: restated(cell._replace(counted=NOTHING)) for code, cell in first.own.items()}
    second = mixed(gone, first.pooled, PARENTS)
    assert second.pooled["county"].shown == NOTHING
    assert {cell.waiting for cell in (*second.own.values(), *second.pooled.values())} == {NOTHING}


@pytest.mark.parametrize("parents", [PARENTS, dict(reversed(PARENTS.items()))])
def test_pooling_twice_changes_nothing_more(parents):
    own = {code: Cell((answers, 0, 0, answers)) for code, answers in zip(PARENTS, (3, 4, 9, 2, 7), strict=True)}
    first = mixed(own, {}, parents)
    assert mixed(own | dict(first.own), first.pooled, parents) == ({}, {})


def test_a_parent_that_nobody_declared_ends_the_way_up():
    changed = mixed({"town": Cell((9, 0, 0, 9)), "village": Cell((9, 0, 0, 9))}, {}, {"town": "?", "village": "?"})
    assert changed == ({}, {})


def test_parts_stay_inside_the_whole():
    assert tally_of([(30, 32, 31, 0), (-10, 0, 0, 5)]) == {
        "survey_answers": 20,
        "survey_satisfied": 20,
        "survey_very_satisfied": 20,
        "survey_not_satisfied": 0,
    }
    assert set(tally_of([(-10, 3, 3, 3)]).values()) == {0}
