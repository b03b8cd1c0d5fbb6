"""Each figure in plain French; each reason for no number in its own words."""

from datetime import date

import pytest

from spplus_contracts.vocabulary import PeriodKind
from spplus_notifier import wording
from spplus_notifier.catalogue import WORDINGS, wording_of
from tests.support.builders import a_figure

NARROW = "\u202f"


def plain(text):
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def test_rate_is_told_by_its_counts():
    figure = a_figure(numerator=371, denominator=471, n=471, value=371 / 471)
    assert plain(wording.headline(figure)) == "78,8 %"
    assert (
        plain(wording.sentence(figure, figure.indicator_code)) == "371 expériences sur 471 sont positives, soit 78,8 %."
    )


@pytest.mark.parametrize(
    ("code", "numerator", "said"),
    [
        ("experience_satisfaction", 1, "1 expérience sur 1 000 est positive, soit 0,1 %."),
        ("experience_satisfaction", 0, "0 expérience sur 1 000 est positive, soit 0 %."),
        ("answer_rate", 972, "972 expériences sur 1 000 ont reçu une réponse, soit 97,2 %."),
        ("on_time_rate", 500, "500 demandes sur 1 000 ont reçu leur réponse dans le délai annoncé, soit 50 %."),
        ("pickup_rate", 850, "850 appels sur 1 000 ont été pris par un agent, soit 85 %."),
    ],
)
def test_sentence_agrees_with_its_number(code, numerator, said):
    figure = a_figure(indicator_code=code, numerator=numerator, denominator=1000, n=1000, value=numerator / 1000)
    assert plain(wording.sentence(figure, code)) == said


@pytest.mark.parametrize(
    ("unit", "value", "said"),
    [
        ("points", 62.8, "+62,8 points"),
        ("points", -12, "\u221212 points"),
        ("points", 0, "0 point"),
        ("points", -0.04, "0 point"),
        ("days", 1, "1 jour"),
        ("days", 1.5, "1,5 jour"),
        ("days", 12.5, "12,5 jours"),
        ("count", 12345, "12 345"),
        ("rate", 1, "100 %"),
    ],
)
def test_value_has_its_unit(unit, value, said):
    figure = a_figure(unit=unit, value=value, numerator=None, denominator=None, interval=None)
    assert plain(wording.headline(figure)) == said


def test_reasons_for_no_number_differ_and_none_is_a_zero():
    reasons = {
        status: wording.headline(a_figure(status=status, n=12))
        for status in ("insufficient_sample", "not_collected", "not_applicable", "withdrawn")
    }
    assert reasons == {
        "insufficient_sample": "Pas assez de réponses",
        "not_collected": "Non collecté",
        "not_applicable": "Sans objet",
        "withdrawn": "Chiffre retiré",
    }
    assert wording.headline(None) == "Non collecté"
    assert wording.headline(None, applicable=False) == "Sans objet"
    sentences = {wording.sentence(a_figure(status=status, n=12), "answer_rate") for status in reasons}
    assert len(sentences) == 4


def test_too_few_answers_are_counted_in_words():
    few = a_figure(status="insufficient_sample", n=12)
    assert plain(wording.sentence(few, "experience_satisfaction")).startswith("12 expériences seulement")
    none = a_figure(status="insufficient_sample", n=0)
    assert wording.sentence(none, "experience_satisfaction") == "Il n'y a eu aucune expérience sur cette période."
    assert wording.sentence(none, "pickup_rate") == "Il n'y a eu aucun appel sur cette période."


def test_status_of_a_newer_version_is_shown_without_a_number():
    data = a_figure(status="insufficient_sample").model_dump(mode="json", exclude_none=True)
    newer = type(a_figure()).read(data | {"status": "estimated", "value": 0.5})
    assert wording.headline(newer) == "Non disponible"
    assert "0,5" not in wording.sentence(newer, "answer_rate")


def test_margin_names_both_ends():
    assert plain(wording.margin(a_figure())) == "Marge d'incertitude : de 59,8 % à 85,8 % (intervalle à 95 %)."
    assert wording.margin(a_figure(interval=None)) is None


def test_freshness_says_the_revision_and_the_hour_of_paris():
    assert plain(wording.freshness(a_figure())) == "1re version, calculée le 2 avril 2026 à 8 h 00."
    assert wording.freshness(a_figure(revision=4)).startswith("4e version")


def test_indicator_that_the_pages_do_not_know_is_shown_under_its_code():
    figure = a_figure(indicator_code="z_new", numerator=None, denominator=None)
    assert wording_of("z_new").title == "z_new"
    assert plain(wording.sentence(figure, "z_new")) == "75 % (calcul sur 40 réponses)."
    counted = a_figure(indicator_code="z_new", unit="count", value=3, numerator=None, denominator=None, interval=None)
    assert plain(wording.sentence(counted, "z_new")) == "3 (calcul sur 40 réponses)."


@pytest.mark.parametrize("code", sorted(WORDINGS))
@pytest.mark.parametrize("status", ["ok", "insufficient_sample", "not_collected", "not_applicable", "withdrawn"])
@pytest.mark.parametrize("n", [0, 1, 40])
def test_every_indicator_is_told_in_every_state(code, status, n):
    figure = a_figure(indicator_code=code, status=status, n=n)
    said = wording.sentence(figure, code)
    assert said.endswith(".")
    assert code not in said
    assert "{" not in said
    assert code not in wording.sample(figure) + wording.headline(figure)


def test_counts_agree_with_their_nouns():
    figure = a_figure(indicator_code="dimension_relation", numerator=35, denominator=40)
    assert plain(wording.sentence(figure, figure.indicator_code)) == (
        "35 avis sur 40 sont positifs sur l'accueil, soit 75 %."
    )
    few = a_figure(indicator_code="procedure_quality_rate", status="insufficient_sample", n=1)
    assert plain(wording.sentence(few, few.indicator_code)).startswith("1 démarche seulement")


def test_no_procedure_judged_is_not_no_procedure_at_all():
    none = a_figure(indicator_code="procedure_quality_rate", status="insufficient_sample", n=0)
    assert wording.sentence(none, none.indicator_code) == "Aucune démarche n'a reçu assez de notes pour être jugée."


@pytest.mark.parametrize("code", ["survey_satisfaction", "survey_net_satisfaction"])
def test_surveys_below_the_first_step_say_fewer_than_ten(code):
    hidden = a_figure(indicator_code=code, status="insufficient_sample", n=0)
    assert "moins de dix réponses" in wording.sentence(hidden, code)
    assert wording.sample(hidden) == "moins de dix réponses"
    shown = a_figure(indicator_code=code, status="insufficient_sample", n=20)
    assert plain(wording.sentence(shown, code)).startswith("20 réponses seulement")


def test_surveys_are_told_without_their_counts_too():
    figure = a_figure(indicator_code="survey_satisfaction", numerator=None, denominator=None)
    assert plain(wording.sentence(figure, "survey_satisfaction")) == (
        "La part des réponses satisfaites est de 75 % (calcul sur 40 réponses)."
    )


@pytest.mark.parametrize(
    ("unit", "method", "low", "high", "said"),
    [
        ("points", "newcombe", -12.5, 30, "de \u221212,5 points à +30 points"),
        ("days", "order_statistics", 1, 4.5, "de 1 jour à 4,5 jours"),
    ],
)
def test_margins_of_other_methods_have_their_unit(unit, method, low, high, said):
    interval = {"low": low, "high": high, "method": method}
    assert said in plain(wording.margin(a_figure(unit=unit, value=3, interval=interval)))


@pytest.mark.parametrize(
    ("kind", "start", "end", "said"),
    [
        ("month", date(2026, 3, 1), date(2026, 4, 1), "mars 2026"),
        ("quarter", date(2026, 1, 1), date(2026, 4, 1), "1er trimestre 2026"),
        ("quarter", date(2026, 10, 1), date(2027, 1, 1), "4e trimestre 2026"),
        ("year", date(2026, 1, 1), date(2027, 1, 1), "année 2026"),
        ("rolling_12", date(2025, 12, 1), date(2026, 12, 1), "de décembre 2025 à novembre 2026"),
        ("rolling_12", date(2026, 4, 1), date(2027, 4, 1), "d'avril 2026 à mars 2027"),
        ("unknown", date(2026, 4, 1), date(2026, 4, 8), "du 1er avril 2026 au 7 avril 2026"),
    ],
)
def test_periods_have_names(kind, start, end, said):
    assert wording.period(PeriodKind(kind), start, end) == said
