"""Each figure in plain French; each reason for no number in its own words."""

import pytest

from spplus_notifier import wording
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
    again = wording.freshness(a_figure(revision=4, provisional=True))
    assert again.startswith("Période en cours : chiffre provisoire. 4e version")


def test_indicator_that_the_pages_do_not_know_is_shown_under_its_code():
    figure = a_figure(indicator_code="survey_satisfaction", numerator=None, denominator=None)
    assert wording.wording_of("survey_satisfaction").title == "survey_satisfaction"
    assert plain(wording.sentence(figure, "survey_satisfaction")) == "75 % (calcul sur 40 réponses)."
