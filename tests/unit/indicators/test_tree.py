"""Which structure counts towards which others, month by month."""

from datetime import UTC, date, datetime, timedelta

from spplus_indicators.tree import (
    ALWAYS,
    FOREVER,
    Link,
    Move,
    Planted,
    Reach,
    Tree,
    parents_with_successor,
    plant,
)

TODAY = date(2026, 3, 20)
FEBRUARY, MARCH, APRIL = date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)


LONG_AGO = date(2015, 1, 1)
TOLD_AT = datetime(2026, 1, 1, tzinfo=UTC)


def planted(*moves: tuple[str, date, str | None], today: date = TODAY) -> Planted:
    """Each move told a day after the one before it."""
    told = [Move(day, TOLD_AT + timedelta(days=n), f"e{n}", code, to) for n, (code, day, to) in enumerate(moves)]
    codes = {code for code, _, _ in moves} | {to for _, _, to in moves if to is not None}
    tree = plant(codes, told, today)
    assert plant(codes, told[::-1], today).refused == tree.refused
    return tree


def a_tree(**parents: str | None) -> Tree:
    return Tree({code: (Link(ALWAYS, parent),) if parent else () for code, parent in parents.items()})


def test_parent_valid_within_a_month_holds_for_the_whole_month():
    tree = planted(("leaf", LONG_AGO, "old"), ("leaf", date(2026, 3, 10), "new")).tree
    assert sorted(tree.towards("leaf", FEBRUARY)) == ["leaf", "old"]
    assert sorted(tree.towards("leaf", MARCH)) == ["leaf", "new"]


def test_parent_that_lies_ahead_waits_for_its_day():
    moves = (("leaf", LONG_AGO, "old"), ("leaf", date(2026, 3, 25), "new"))
    assert planted(*moves).tree.links("leaf") == (Link(LONG_AGO, "old"),)
    assert planted(*moves, today=date(2026, 3, 25)).tree.links("leaf")[-1] == Link(MARCH, "new")


def test_last_parent_of_a_month_is_the_one_that_counts():
    it = planted(("leaf", date(2026, 3, 2), "a"), ("leaf", date(2026, 3, 9), "b"), ("leaf", date(2026, 3, 16), "a"))
    assert it.tree.links("leaf") == (Link(MARCH, "a"),)


def test_before_its_first_parent_a_structure_is_a_root():
    tree = planted(("leaf", MARCH, "top")).tree
    assert tree.towards("leaf", FEBRUARY) == ["leaf"]


def test_lineage_reaches_through_parents_that_change():
    tree = Tree(
        {
            "leaf": (Link(ALWAYS, "branch"),),
            "branch": (Link(ALWAYS, "east"), Link(MARCH, "west")),
            "east": (),
            "west": (),
        }
    )
    assert set(tree.lineage("leaf")) == {
        Reach("leaf", ALWAYS, FOREVER),
        Reach("branch", ALWAYS, FOREVER),
        Reach("east", ALWAYS, MARCH),
        Reach("west", MARCH, FOREVER),
    }


def test_ancestor_reached_by_two_ways_in_turn_is_reached_all_along():
    tree = Tree(
        {"leaf": (Link(ALWAYS, "a"), Link(MARCH, "b")), "a": (Link(ALWAYS, "top"),), "b": (Link(ALWAYS, "top"),)}
    )
    assert Reach("top", ALWAYS, FOREVER) in tree.lineage("leaf")


def test_undeclared_parent_stands_as_a_provisional_root():
    tree = a_tree(leaf="nobody-said")
    assert sorted(tree.towards("leaf", MARCH)) == ["leaf", "nobody-said"]
    assert "nobody-said" not in tree


def test_below_holds_all_that_were_ever_below():
    tree = Tree({"leaf": (Link(ALWAYS, "a"), Link(MARCH, "b")), "a": (Link(ALWAYS, "top"),), "b": ()})
    assert tree.below(["top"]) == {"top", "a", "leaf"}
    assert tree.below(["b"]) == {"b", "leaf"}


def test_what_is_unlike_is_new_or_stands_elsewhere():
    before, after = a_tree(a="top", b="top", top=None), a_tree(a="top", b="a", c="a", top=None)
    assert after.unlike(before) == {"b", "c"}


def test_circle_leaves_the_one_told_last_under_its_earlier_parent():
    it = planted(("b", LONG_AGO, "top"), ("a", LONG_AGO, "b"), ("b", MARCH, "a"))
    assert it.tree.towards("b", MARCH) == ["b", "top"]
    assert sorted(it.tree.towards("a", MARCH)) == ["a", "b", "top"]
    assert it.refused == {"b": ("b", "a")}


def test_circle_of_three_is_broken_once():
    it = planted(("a", LONG_AGO, "b"), ("b", LONG_AGO, "c"), ("c", LONG_AGO, "a"))
    assert it.refused == {"c": ("c", "a", "b")}
    assert sorted(it.tree.towards("a", MARCH)) == ["a", "b", "c"]


def test_own_parent_is_a_circle():
    assert planted(("a", LONG_AGO, "a")).refused == {"a": ("a",)}


def test_two_that_swap_on_one_day_make_no_circle():
    it = planted(("a", LONG_AGO, "b"), ("b", LONG_AGO, "top"), ("b", MARCH, "a"), ("a", MARCH, "top"))
    assert it.refused == {}
    assert sorted(it.tree.towards("b", MARCH)) == ["a", "b", "top"]
    assert sorted(it.tree.towards("a", FEBRUARY)) == ["a", "b", "top"]


def test_refused_parent_takes_its_place_once_the_circle_is_open():
    it = planted(("a", LONG_AGO, "b"), ("b", FEBRUARY, "a"), ("a", date(2026, 3, 15), None))
    assert it.refused == {}
    assert it.tree.towards("b", FEBRUARY) == ["b"]
    assert sorted(it.tree.towards("b", MARCH)) == ["a", "b"]


def test_parent_that_lies_ahead_is_not_planted():
    it = planted(("a", LONG_AGO, "old"), ("a", date(2026, 3, 21), "new"))
    assert it.tree.towards("a", MARCH) == ["a", "old"]


def test_closed_structure_stands_under_its_successor_from_that_day():
    declared = [(LONG_AGO, "old"), (APRIL, "void")]
    assert parents_with_successor(declared, MARCH, "heir") == ((LONG_AGO, "old"), (MARCH, "heir"))
    assert parents_with_successor(declared, MARCH, None) == tuple(declared)
    assert parents_with_successor(declared, None, "heir") == tuple(declared)
