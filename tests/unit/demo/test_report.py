from datetime import date
from io import StringIO

from rich.console import Console

from spplus_embedded.demo.report import Pace, calls, chosen, figures_of, main_year, paces, table
from spplus_embedded.demo.tree import region
from tests.support.builders import a_figure

PLACES = region()
YEAR = {"kind": "year", "start": date(2026, 1, 1), "end": date(2027, 1, 1)}
LAST = {"kind": "year", "start": date(2025, 1, 1), "end": date(2026, 1, 1)}


def a_count(code, n, period):
    return a_figure(
        structure_code=code,
        indicator_code="experience_count",
        period=period,
        n=n,
        value=n,
        unit="count",
        numerator=None,
        denominator=None,
        interval=None,
    )


def told(published):
    console = Console(width=140, record=True, file=StringIO())
    console.print(table(PLACES, figures_of(published, date(2026, 1, 1)), date(2026, 1, 1)))
    return console.export_text()


def test_main_year_has_the_most_stories():
    assert main_year([a_count("VDB", 10, LAST), a_count("VDB", 9, YEAR)]) == date(2025, 1, 1)


def test_table_shows_count_satisfaction_and_interval():
    rate = a_figure(structure_code="VDB", period=YEAR, indicator_code="experience_satisfaction")
    text = told([a_count("VDB", 1234, YEAR), rate])
    assert "1 234" in text
    assert "75 % (60-86)" in text


def test_table_says_in_words_that_answers_are_too_few():
    rate = a_figure(
        structure_code="VDB",
        period=YEAR,
        indicator_code="experience_satisfaction",
        status="insufficient_sample",
        n=17,
    )
    text = told([a_count("VDB", 17, YEAR), rate])
    assert "pas assez (17)" in text
    assert "pas assez de réponses" in text


def test_figures_of_another_year_are_left_out():
    assert figures_of([a_count("VDB", 10, LAST)], date(2026, 1, 1)) == {}


def test_chosen_places_are_region_networks_busiest_and_quietest():
    serving = [place for place in PLACES if place.serves]
    published = [a_count(place.code, 100 + rank, YEAR) for rank, place in enumerate(serving)]
    codes = [place.code for place in chosen(PLACES, figures_of(published, date(2026, 1, 1)))]
    assert codes[0] == "VDB"
    assert len(codes) == 7 + 8 + 1
    assert codes[7] == serving[-1].code
    assert codes[-1] == serving[0].code


def test_calls_without_totals_say_so():
    assert calls({}) == "Appels : pas de total"


def test_paces_tell_events_per_second_and_quantiles_by_nearest_rank():
    pace = Pace(1.0, 2.0, 3000, 5.0, 10.0, 200, [0.01 * number for number in range(1, 101)])
    text = "\n".join(paces(pace))
    assert "300 events per second end to end" in text
    assert "p50 0.51 s, p95 0.96 s" in text


def test_paces_without_steady_citizens_tell_no_latency():
    assert len(paces(Pace(1.0, 2.0, 3000, 5.0, 10.0, 200, []))) == 2
