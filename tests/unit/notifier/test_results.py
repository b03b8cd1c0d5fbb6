"""What a page shows for the last twelve months, or for one year."""

from datetime import date

import pytest

from spplus_indicators.methods import METHODS
from spplus_notifier import catalogue
from spplus_notifier.cards import Other
from spplus_notifier.engagements import ENGAGEMENTS
from spplus_notifier.figure_set import Figures, View
from spplus_notifier.results import results_of
from tests.support.builders import a_figure, a_rolling_figure
from tests.support.methods_catalogue import CATALOGUE
from tests.support.methods_catalogue import catalogue as methods_catalogue

TODAY = date(2026, 11, 23)
WINDOW_END = date(2026, 12, 1)


def of_year(year, **changes):
    return a_figure(period={"kind": "year", "start": date(year, 1, 1), "end": date(year + 1, 1, 1)}, **changes)


def of_quarter(year, number, **changes):
    start = date(year, 3 * number - 2, 1)
    end = date(year + number // 4, 3 * number % 12 + 1, 1)
    return a_figure(period={"kind": "quarter", "start": start, "end": end}, **changes)


def of_twelve_months(**changes):
    return a_rolling_figure(WINDOW_END, **changes)


def shown(*figures, year=2026, not_applicable=(), others=()):
    return results_of(Figures(figures), view=View(year, TODAY), not_applicable=not_applicable, others=others)


def cards(results):
    return {one.code: one for part in results.parts for one in (*part.cards, *part.without_number)}


def card(results, code):
    return cards(results)[code]


def test_past_year_runs_from_january_to_december_and_over_its_quarters():
    view = View(2024, TODAY)
    assert (view.months[0], view.months[-1], len(view.months)) == (date(2024, 1, 1), date(2024, 12, 1), 12)
    assert view.quarters == [date(2023, 10, 1), *(date(2024, month, 1) for month in (1, 4, 7, 10))]


@pytest.mark.parametrize("year", [2026, None])
def test_present_year_shows_the_last_twelve_months_and_five_quarters(year):
    view = View(year, TODAY)
    assert (view.months[0], view.months[-1], len(view.months)) == (date(2025, 12, 1), date(2026, 11, 1), 12)
    assert (view.quarters[0], view.quarters[-1], len(view.quarters)) == (date(2025, 10, 1), date(2026, 10, 1), 5)


def test_twelve_months_are_shown_with_their_window_in_words():
    results = shown(of_twelve_months(value=0.8), of_year(2026, value=0.7), year=None)
    assert results.period == "de décembre 2025 à novembre 2026"
    assert card(results, "experience_satisfaction").headline == "80\u202f%"
    assert card(results, "experience_satisfaction").period is None
    assert results.has_rolling
    assert results.years == (2026,)


def test_a_window_that_stopped_earlier_says_which_months_it_is_about():
    earlier = a_rolling_figure(date(2026, 10, 1), indicator_code="answer_rate")
    results = shown(of_twelve_months(), earlier, year=None)
    assert card(results, "answer_rate").period == "d'octobre 2025 à septembre 2026"


def test_surveys_without_twelve_months_are_shown_for_their_latest_year_by_quarter():
    surveys = {"indicator_code": "survey_satisfaction"}
    results = shown(
        of_twelve_months(),
        of_year(2026, value=0.9, **surveys),
        of_year(2025, value=0.1, **surveys),
        of_quarter(2026, 3, **surveys),
        year=None,
    )
    survey = card(results, "survey_satisfaction")
    assert (survey.headline, survey.period) == ("90\u202f%", "année 2026")
    assert survey.step == "trimestre par trimestre"
    assert [row.value for row in survey.steps if row.name == "3e trimestre 2026"] == ["75\u202f%"]


def test_a_new_year_with_too_few_answers_leaves_the_year_before_on_the_page():
    surveys = {"indicator_code": "survey_satisfaction"}
    few = of_year(2026, status="insufficient_sample", n=0, **surveys)
    survey = card(shown(of_twelve_months(), few, of_year(2025, **surveys), year=None), "survey_satisfaction")
    assert survey.period == "année 2025"


def test_a_year_long_past_is_no_figure_of_the_last_twelve_months():
    results = shown(of_twelve_months(), of_year(2024, indicator_code="answer_rate"), year=None)
    assert card(results, "answer_rate").headline == "Non collecté"


def test_the_nine_engagements_stand_in_order_each_with_its_indicators():
    results = shown(of_twelve_months(), of_twelve_months(indicator_code="on_time_rate"), year=None)
    assert [part.number for part in results.parts] == list(range(1, 10))
    fifth, seventh = results.parts[4], results.parts[6]
    assert [one.code for one in fifth.cards] == ["on_time_rate"]
    assert [one.code for one in seventh.cards] == ["experience_satisfaction"]
    assert "pickup_rate" in {one.code for one in results.parts[1].without_number}
    assert [part.number for part in results.parts if not part.cards and not part.without_number] == [4, 8, 9]


def test_every_indicator_has_exactly_one_place():
    placed = catalogue.order()
    assert sorted(placed) == sorted(catalogue.WORDINGS)
    assert set(catalogue.BRIEF) | catalogue.PROTECTED <= set(placed)


def test_engagements_are_those_of_the_methods():
    """The place of an indicator on the pages is the one that its method, and so its figures, tell."""
    for engagement in ENGAGEMENTS:
        for main in engagement.codes:
            for code in (main, *catalogue.BESIDE.get(main, ())):
                assert METHODS[code].engagements == (engagement.code,), code


def test_copy_of_the_methods_is_up_to_date():
    assert CATALOGUE.read_text(encoding="utf-8") == methods_catalogue()


def test_trend_reaches_back_two_years():
    month = {"kind": "month", "start": date(2025, 1, 1), "end": date(2025, 2, 1)}
    trend = card(shown(of_twelve_months(), a_figure(period=month), year=None), "experience_satisfaction")
    assert [row.name for row in trend.steps][::23] == ["décembre 2024", "novembre 2026"]
    assert [row.value for row in trend.steps if row.name == "janvier 2025"] == ["75\u202f%"]


def test_indicator_without_figures_is_not_collected_and_one_that_makes_no_sense_is_said_so():
    results = shown(of_year(2026), not_applicable=("pickup_rate",))
    assert card(results, "answer_rate").headline == "Non collecté"
    assert card(results, "pickup_rate").headline == "Sans objet"
    assert not card(results, "answer_rate").has_number


def test_not_applicable_hides_a_number_that_was_published_before():
    results = shown(of_year(2026, indicator_code="pickup_rate"), not_applicable=("pickup_rate",))
    assert card(results, "pickup_rate").headline == "Sans objet"
    assert not results.brief
    [row] = results.by_year.rows
    assert [(cell.value, cell.sample) for cell in row.cells] == [("Sans objet", "")]


def test_months_with_too_few_answers_are_in_the_table_and_marked_in_the_chart():
    month = {"kind": "month", "start": date(2026, 4, 1), "end": date(2026, 5, 1)}
    few = a_figure(period=month, status="insufficient_sample", n=4)
    results = shown(of_year(2026), a_figure(), few)
    satisfaction = card(results, "experience_satisfaction")
    assert [row.value for row in satisfaction.steps if row.name == "avril 2026"] == ["Pas assez de réponses"]
    assert satisfaction.trend is not None
    assert satisfaction.trend.count('class="cross"') == 1


@pytest.mark.parametrize(("year", "of"), [(2026, lambda **f: of_year(2026, **f)), (None, of_twelve_months)])
def test_parent_and_network_are_compared_with_their_counts(year, of):
    def above(code, value, low, high, role):
        margin = {"low": low, "high": high, "method": "wilson"}
        given = {"value": value, "numerator": 1000 * value, "denominator": 1000, "n": 1000, "interval": margin}
        return Other(f"Ensemble {code}", Figures([of(structure_code=code, **given)]), code, role)

    others = (above("p", 0.5, 0.47, 0.53, "dont ce service dépend"), above("n", 0.8, 0.77, 0.83, "tout le réseau"))
    satisfaction = card(shown(of(), year=year, others=others), "experience_satisfaction")
    assert satisfaction.beside == (
        "Plus haut que Ensemble p, dont ce service dépend.",
        "Proche de Ensemble n, tout le réseau.",
    )
    assert [(one.name, one.role, one.headline) for one in satisfaction.compared.rows] == [
        ("Ici", "", "75\u202f%"),
        ("Ensemble p", "dont ce service dépend", "50\u202f%"),
        ("Ensemble n", "tout le réseau", "80\u202f%"),
    ]
    assert satisfaction.compared.rows[1].sample == "1\u202f000\u00a0expériences"


def test_parent_of_another_period_is_not_compared():
    parent = Other("la région", Figures([of_year(2026, structure_code="p")]), "p")
    results = shown(of_twelve_months(), year=None, others=(parent,))
    satisfaction = card(results, "experience_satisfaction")
    assert (satisfaction.beside, satisfaction.compared) == ((), None)


def of_third_quarter(year, low, high, **changes):
    value, margin = (low + high) / 2, {"low": low, "high": high, "method": "wilson"}
    return of_quarter(
        year, 3, **{"value": value, "numerator": 100 * value, "denominator": 100, "interval": margin} | changes
    )


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ((0.5, 0.6), (0.55, 0.7), "résultats proches"),
        ((0.5, 0.6), (0.65, 0.7), "plus haut"),
        ((0.5, 0.6), (0.3, 0.4), "plus bas"),
    ],
)
def test_last_quarter_that_is_over_is_told_beside_the_same_a_year_before(before, now, said):
    results = shown(of_third_quarter(2025, *before), of_third_quarter(2026, *now), year=None)
    told = card(results, "experience_satisfaction").evolution
    assert told == f"3e trimestre 2026 comparé au 3e trimestre 2025 : {said}."


@pytest.mark.parametrize(
    "figures",
    [
        [of_third_quarter(2026, 0.5, 0.6)],
        [of_third_quarter(2025, 0.5, 0.6), of_third_quarter(2026, 0.5, 0.6, provisional=True)],
        [of_quarter(2025, 3, status="insufficient_sample", n=9), of_third_quarter(2026, 0.5, 0.6)],
    ],
)
def test_nothing_is_told_of_a_change_without_two_closed_periods(figures):
    assert card(shown(*figures, year=None), "experience_satisfaction").evolution is None


def test_past_year_is_told_beside_the_year_before():
    told = card(shown(of_year(2024), of_year(2025), year=2025), "experience_satisfaction").evolution
    assert told == "Année 2025 comparée à l'année 2024 : résultats proches."


def test_tables_have_at_most_five_years_the_latest_last_and_five_quarters():
    figures = [of_year(year) for year in range(2019, 2027)] + [of_quarter(2026, number) for number in (1, 2, 3)]
    results = shown(*figures)
    assert results.years == tuple(range(2026, 2018, -1))
    assert results.by_year.columns == ("2022", "2023", "2024", "2025", "2026 (en cours)")
    assert results.quarters.columns[0] == "4e trimestre 2025"
    assert results.quarters.columns[-1] == "4e trimestre 2026 (en cours)"
    [row] = results.quarters.rows
    assert [cell.value for cell in row.cells] == ["Non collecté", *["75\u202f%"] * 3, "Non collecté"]


@pytest.mark.parametrize("unit", ["rate", "points", "days", "count"])
def test_indicator_unknown_to_the_pages_comes_last_under_its_code(unit):
    margin = {"low": 0.1, "high": 0.9, "method": "newcombe"}
    new = of_twelve_months(indicator_code="z_new", unit=unit, value=0.5, interval=margin)
    results = shown(of_twelve_months(), new, year=None)
    assert results.parts[-1].title == "Autres chiffres"
    [one] = results.parts[-1].cards
    assert (one.code, one.title) == ("z_new", "z_new")
    assert one.margin_chart is not None
