"""The made-up tree has the shape of the real one."""

import pytest

from tests.bench.full_tree import DEPTHS, ROOT, full_tree, leaves_of


@pytest.mark.parametrize("structures", [sum(DEPTHS), 1_500])
def test_the_tree_is_as_deep_and_as_wide_as_the_real_one(structures):
    tree = full_tree(structures)
    parents = {each.code: [link.parent_code for link in each.parents] for each in tree}

    def depth(code):
        return 0 if not parents[code] else 1 + depth(parents[code][0])

    depths = [depth(code) for code in parents]
    assert [depths.count(level) for level in range(7)] == [round(real * structures / sum(DEPTHS)) for real in DEPTHS]
    assert abs(len(leaves_of(tree)) / len(tree) - 13_155 / 14_763) < 0.02


def test_everything_below_the_roots_hangs_on_one_of_them():
    tree = full_tree(500)
    roots = {each.code for each in tree if not each.parents}
    assert {each.parents[0].parent_code for each in tree if each.parents} & roots == {ROOT}
