"""Differences reach a structure and all its ancestors, in the tree of their month."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from spplus_contracts.vocabulary import PeriodKind
from spplus_indicators.periods import period
from spplus_indicators.pooling import Mark, by_place, counts_of_text, pooled_over, spread, text_of_counts
from spplus_indicators.tree import ALWAYS, Link, Tree

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
TREE = Tree(
    {
        "root": (Link(ALWAYS, None),),
        "other": (Link(ALWAYS, None),),
        "office": (Link(ALWAYS, "root"), Link(APRIL, "other")),
    }
)
counts = st.dictionaries(st.sampled_from(["experiences", "positive", "delay:3"]), st.integers(-5, 5))
marks = st.builds(Mark, st.sampled_from(["root", "office", "other", "nobody"]), st.sampled_from([MARCH, APRIL]), counts)


def test_difference_counts_for_the_ancestors_of_its_month():
    found = spread([Mark("office", MARCH, {"positive": 2}), Mark("office", APRIL, {"positive": 1})], TREE)
    assert found.own == {("office", MARCH): {"positive": 2}, ("office", APRIL): {"positive": 1}}
    assert found.pooled == {
        ("office", MARCH): {"positive": 2},
        ("root", MARCH): {"positive": 2},
        ("office", APRIL): {"positive": 1},
        ("other", APRIL): {"positive": 1},
    }


def test_undeclared_structure_keeps_its_own_counts_and_counts_for_nobody():
    found = spread([Mark("nobody", MARCH, {"positive": 1})], TREE)
    assert found.own == {("nobody", MARCH): {"positive": 1}}
    assert found.pooled == {}


def test_marks_are_not_changed_by_being_added_up():
    mark = Mark("office", MARCH, {"positive": 1})
    spread([mark, Mark("office", MARCH, {"positive": 1})], TREE)
    assert mark.counts == {"positive": 1}


@given(st.lists(marks, max_size=20), st.randoms())
def test_marks_add_up_alike_in_any_order_and_portions(told, random):
    shuffled = list(told)
    random.shuffle(shuffled)
    cut = random.randint(0, len(told))
    whole, first, second = spread(told, TREE), spread(shuffled[:cut], TREE), spread(shuffled[cut:], TREE)
    for name in ("own", "pooled"):
        parts = [getattr(first, name), getattr(second, name)]
        for place, expected in getattr(whole, name).items():
            summed = {measure: sum(part.get(place, {}).get(measure, 0) for part in parts) for measure in expected}
            assert summed == expected


def test_cells_of_one_place_become_one_mark():
    cells = {("office", MARCH, "positive"): 1, ("office", MARCH, "due"): 0, ("root", MARCH, "positive"): -1}
    assert by_place(cells) == {("office", MARCH): {"positive": 1}, ("root", MARCH): {"positive": -1}}


@given(counts)
def test_counts_survive_as_text(told):
    assert counts_of_text(text_of_counts(told)) == told


def test_period_is_the_sum_of_its_months():
    months = {MARCH: {"due": 1}, APRIL: {"due": 2, "on_time": 1}, date(2025, 12, 1): {"due": 9}}
    assert pooled_over(months, period(PeriodKind.YEAR, date(2026, 1, 1))) == {"due": 3, "on_time": 1}
    assert pooled_over(months, period(PeriodKind.QUARTER, date(2026, 1, 1))) == {"due": 1}
