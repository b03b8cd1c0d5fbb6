"""A batch folded over what stands: only a higher revision changes anything."""

from hypothesis import given
from hypothesis import strategies as st

from spplus_notifier.figure_key import key_range, parse_key
from spplus_notifier.folding import fold, words
from spplus_notifier.handlers import Removal, plan_changes
from tests.support.builders import a_figure

KEY = a_figure().key


def test_each_newer_revision_of_a_batch_is_logged_and_the_last_stands():
    plan = plan_changes([a_figure(revision=2), a_figure(revision=4), a_figure(revision=3)], {KEY: (1, False)})
    assert [change.figure_key for change in plan.changes] == [KEY, KEY]
    assert plan.current[KEY][0].revision == 4
    assert plan.stale == 1


def test_equal_revision_changes_nothing():
    plan = plan_changes([a_figure(revision=4, n=99)], {KEY: (4, False)})
    assert (plan.changes, plan.current, plan.stale) == ([], {}, 1)


def test_removal_then_older_revision_leaves_the_figure_removed():
    plan = plan_changes([Removal(KEY), a_figure(revision=3)], {KEY: (4, False)})
    assert plan.removed == {KEY}
    assert plan.current == {}


def test_removal_then_newer_revision_brings_the_figure_back():
    plan = plan_changes([Removal(KEY), a_figure(revision=5)], {KEY: (4, False)})
    assert plan.removed == set()
    assert plan.current[KEY][0].revision == 5


def test_removal_of_what_is_not_there_changes_nothing():
    assert plan_changes([Removal(KEY)], {}).changes == []
    assert plan_changes([Removal(KEY)], {KEY: (3, True)}).changes == []


@given(st.permutations([1, 2, 3, 4, 5]), st.integers(0, 5))
def test_any_order_of_arrival_ends_with_the_highest_revision(order, split):
    standing = {}
    for part in (order[:split], order[split:]):
        plan = plan_changes([a_figure(revision=revision) for revision in part], standing)
        standing |= {key: (figure.revision, False) for key, (figure, _) in plan.current.items()}
    assert standing == {KEY: (5, False)}


def test_range_of_a_structure_holds_its_keys_and_no_other():
    low, high = key_range("AB-1")
    keys = ["AB-1|x|year|2026-01-01", "AB-1|answer_rate|rolling_12|latest"]
    others = ["AB-10|x|year|2026-01-01", "AB|x|year|2026-01-01", "AB-1_|x|year|2026-01-01", "AB-1a|x|month|2026-01-01"]
    assert all(low.encode() <= key.encode() < high.encode() for key in keys)
    assert not any(low.encode() <= key.encode() < high.encode() for key in others)


def test_key_is_read_back():
    assert str(parse_key(KEY)) == KEY


def test_words_are_folded():
    assert fold("  Préfecture de l'ŒUVRE, Saint-Étienne ") == "prefecture de l oeuvre saint etienne"
    assert words("de la Préfecture 42000 42000") == ["prefecture", "42000", "de", "la"]
