"""What a page shows for one year."""

from datetime import date

from spplus_notifier.results import Figures, months_shown, results_of
from tests.support.builders import a_figure

TODAY = date(2026, 11, 23)


def of_year(year, **changes):
    return a_figure(period={"kind": "year", "start": date(year, 1, 1), "end": date(year + 1, 1, 1)}, **changes)


def shown(*figures, year=2026, not_applicable=(), parent=None):
    return results_of(Figures(figures), year=year, today=TODAY, not_applicable=not_applicable, parent=parent)


def card(results, code):
    return next(one for one in results.cards if one.code == code)


def test_past_year_runs_from_january_to_december():
    months = months_shown(2024, TODAY)
    assert (months[0], months[-1], len(months)) == (date(2024, 1, 1), date(2024, 12, 1), 12)


def test_present_year_shows_the_last_twelve_months():
    months = months_shown(2026, TODAY)
    assert (months[0], months[-1], len(months)) == (date(2025, 12, 1), date(2026, 11, 1), 12)


def test_indicator_without_figures_is_not_collected_and_one_that_makes_no_sense_is_said_so():
    results = shown(of_year(2026), not_applicable=("pickup_rate",))
    assert card(results, "answer_rate").headline == "Non collecté"
    assert card(results, "pickup_rate").headline == "Sans objet"
    assert not card(results, "answer_rate").has_number


def test_not_applicable_hides_a_number_that_was_published_before():
    results = shown(of_year(2026, indicator_code="pickup_rate"), not_applicable=("pickup_rate",))
    assert card(results, "pickup_rate").headline == "Sans objet"
    assert not results.brief
    assert [cell.sample for row in results.table for cell in row.cells if row.name == "Appels pris par un agent"] == [
        ""
    ]


def test_months_with_too_few_answers_are_in_the_table_and_marked_in_the_chart():
    month = {"kind": "month", "start": date(2026, 4, 1), "end": date(2026, 5, 1)}
    few = a_figure(period=month, status="insufficient_sample", n=4)
    results = shown(of_year(2026), a_figure(), few)
    satisfaction = card(results, "experience_satisfaction")
    assert [row.value for row in satisfaction.months if row.month == "avril 2026"] == ["Pas assez de réponses"]
    assert satisfaction.trend is not None
    assert satisfaction.trend.count('class="cross"') == 1


def test_parent_is_compared_with_its_count():
    parent = Figures([of_year(2026, structure_code="p", value=0.5, numerator=500, denominator=1000, n=1000)])
    said = card(shown(of_year(2026), parent=("la région", parent)), "experience_satisfaction").comparison
    assert said.replace("\u202f", " ").replace("\u00a0", " ") == (
        "Pour comparer, la région : 50 % (calcul sur 1 000 expériences)."
    )


def test_table_has_at_most_five_years_the_latest_last():
    results = shown(*(of_year(year) for year in range(2019, 2027)))
    assert results.years == tuple(range(2026, 2018, -1))
    assert results.table_years == (2022, 2023, 2024, 2025, 2026)


def test_indicator_unknown_to_the_pages_comes_last():
    results = shown(of_year(2026, indicator_code="survey_satisfaction"))
    assert results.cards[-1].code == "survey_satisfaction"
