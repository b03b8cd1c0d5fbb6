from datetime import date
from io import StringIO

from rich.console import Console

from spplus_embedded.demo.report import (
    Pace,
    chosen,
    figures_of,
    main_year,
    of_region,
    paces,
    region_table,
    table,
)
from spplus_embedded.demo.tree import region
from tests.support.builders import a_figure, a_rolling_figure

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


def told_of_region(*published):
    console = Console(width=140, record=True, file=StringIO())
    console.print(region_table(of_region(published, date(2026, 1, 1))))
    return console.export_text()


def test_region_shows_each_indicator_of_twelve_months_and_surveys_of_the_year():
    survey = a_figure(structure_code="VDB", period=YEAR, indicator_code="survey_satisfaction", value=0.5)
    region = {"structure_code": "VDB"}
    days = {"indicator_code": "answer_delay_median", "unit": "days", "value": 8, "numerator": None, "denominator": None}
    margin = {"low": 7, "high": 8.5, "method": "order_statistics"}
    text = told_of_region(
        a_figure(period=YEAR, value=0.25, **region),
        a_rolling_figure(**region),
        a_rolling_figure(structure_code="VDB-CAM", indicator_code="pickup_rate"),
        a_rolling_figure(**region, **days, interval=margin),
        a_rolling_figure(indicator_code="z_new", unit="points", value=-3.25, interval=None, **region),
        a_rolling_figure(indicator_code="answer_rate", status="insufficient_sample", n=7, **region),
        survey,
    )
    lines = [line.split() for line in text.splitlines()]
    assert ["Expériences", "positives", "12", "mois", "75,0", "%", "59,8", "%", "à", "85,8", "%", "40"] in lines
    assert "8 j" in text
    assert "7 j à 8,5 j" in text
    assert "-3,2 pts" in text
    assert "pas assez (7)" in text
    assert any(line[:3] == ["Enquêtes", ":", "réponses"] and "2026" in line for line in lines)
    assert "Appels" not in text
    assert "25,0 %" not in text


def test_paces_tell_events_per_second_and_quantiles_by_nearest_rank():
    pace = Pace(1.0, 2.0, 3000, 5.0, 10.0, 200, [0.01 * number for number in range(1, 101)])
    text = "\n".join(paces(pace))
    assert "300 events per second end to end" in text
    assert "p50 0.51 s, p95 0.96 s" in text


def test_paces_without_steady_citizens_tell_no_latency():
    assert len(paces(Pace(1.0, 2.0, 3000, 5.0, 10.0, 200, []))) == 2
