import asyncio
import time

from spplus_embedded.demo.steady import Watch, leaves
from spplus_embedded.demo.tree import region

SHELF = ("VDB-EDU-1-C01", "2026-11-01")


def a_figure(value, **changes):
    figure = {
        "structure_code": SHELF[0],
        "indicator_code": "experience_count",
        "period": {"kind": "month", "start": SHELF[1]},
        "value": value,
    }
    return figure | changes


def waits(figures, *, shown, needed):
    async def run():
        watch = Watch({SHELF: shown})
        done = watch.wait_for(SHELF, needed)
        for figure in figures:
            watch.see(figure, time.perf_counter())
        return done.done() and done.result() >= 0

    return asyncio.run(run())


def test_a_story_is_seen_when_its_figure_counts_it():
    assert waits([a_figure(11)], shown=10, needed=11)


def test_a_story_is_not_seen_while_its_figure_counts_others_only():
    assert not waits([a_figure(11)], shown=10, needed=12)


def test_a_story_is_seen_when_figures_were_coalesced():
    assert waits([a_figure(15)], shown=10, needed=12)


def test_a_story_whose_figure_came_before_its_answer_is_seen_at_once():
    assert waits([], shown=12, needed=12)


def test_other_figures_say_nothing_about_a_story():
    others = [
        a_figure(99, structure_code="VDB"),
        a_figure(99, indicator_code="answer_rate"),
        a_figure(99, period={"kind": "year", "start": "2026-01-01"}),
        a_figure(99, period={"kind": "month", "start": "2026-10-01"}),
    ]
    assert not waits(others, shown=10, needed=11)


def test_leaves_serve_the_public_and_have_none_below():
    places = region()
    parents = {place.parent for place in places}
    found = leaves(places)
    assert len(found) > 100
    assert all(place.serves and place.code not in parents for place in found)
