"""Whose turn it is to be counted: the bench's own watch, without a platform."""

from tests.bench.steady import Pace, Watch


def _watch(*told):
    watch = Watch(measuring=True)
    for code, at in told:
        watch.tell(code, at)
    return watch


def test_a_story_is_out_with_the_first_figure_that_counts_it():
    watch = _watch(("a", 10.0), ("a", 10.5), ("b", 11.0))
    watch.count("a", 1, 10.2)
    watch.count("a", 2, 11.5)
    watch.count("b", 1, 11.25)
    assert [round(seconds, 3) for seconds in watch.seconds] == [0.2, 1.0, 0.25]


def test_a_figure_that_came_before_the_answer_of_the_door_was_no_wait():
    watch = _watch()
    watch.count("a", 1, 10.0)
    watch.tell("a", 10.1)
    assert watch.seconds == [0.0]


def test_stories_told_before_the_measurement_are_not_measured():
    watch = Watch()
    watch.tell("a", 1.0)
    watch.measuring = True
    watch.tell("a", 2.0)
    watch.count("a", 2, 2.5)
    assert watch.seconds == [0.5]


def test_missing_names_each_figure_that_is_not_the_number_of_stories():
    watch = _watch(("a", 1.0), ("b", 1.0))
    watch.count("a", 1, 2.0)
    assert [line.split(":")[0] for line in watch.missing()] == ["b", "root"]
    watch.count("b", 1, 2.0)
    assert watch.missing(root=False) == []
    watch.count("root", 3, 2.0)
    assert watch.missing() == ["root: 3 published, 2 told"]


def test_the_rate_is_what_was_really_started():
    assert Pace(100, 2.0, []).rate == 50
