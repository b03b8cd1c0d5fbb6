"""A shared link says what its page says: a number with interval and count, or in words why there is none."""

from datetime import date

from spplus_notifier.catalogue import BRIEF
from spplus_notifier.figure_set import Figures, View
from spplus_notifier.picture import Scale
from spplus_notifier.preview import preview_of, words_of
from tests.support.builders import a_figure, a_rolling_figure

VIEW = View(None, date(2026, 11, 23))


def words(*figures, not_applicable=()):
    return words_of("Mairie", Figures(figures), VIEW, not_applicable)


def test_number_comes_with_its_interval_its_count_and_its_months():
    figure = a_rolling_figure()
    told = words(figure)
    assert told.title == "Mairie"
    assert "sont positives." in told.sentence
    assert "% (de " in told.basis
    assert ", calcul sur " in told.basis
    assert told.period
    assert told.scale == Scale(figure.interval.low, figure.value, figure.interval.high)
    assert told.alt == f"Mairie : {told.sentence} {told.basis}. {told.period}"


def test_first_figure_with_a_number_stands_for_the_structure():
    few = a_rolling_figure(status="insufficient_sample", value=None, interval=None)
    later = a_rolling_figure(indicator_code="on_time_rate")
    assert "délai annoncé" in words(few, later).sentence
    assert "délai annoncé" in words(a_rolling_figure(), later, not_applicable=["experience_satisfaction"]).sentence


def test_without_a_number_the_reason_is_told_and_nothing_is_drawn():
    few = words(a_rolling_figure(status="insufficient_sample", value=None, interval=None))
    assert (few.sentence, few.scale) == ("Pas assez de réponses.", None)
    assert "trop peu" in few.basis
    assert words().sentence == "Non collecté."
    assert words(a_rolling_figure(), not_applicable=BRIEF).sentence == "Sans objet."
    assert not few.basis.endswith(".")


def test_picture_of_a_page_is_named_after_what_it_says_and_the_year_asked_for():
    told, other = words(a_rolling_figure()), words(a_figure())
    assert preview_of("x", None, told).path == f"/structures/x/apercu.png?v={told.name}"
    assert preview_of("x", 2025, told).path == f"/structures/x/apercu.png?v={told.name}&annee=2025"
    assert told.name != other.name
