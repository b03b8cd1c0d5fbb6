"""The demo's own look at surveys, and that its year leads to every indicator of the programme."""

from datetime import UTC, date, datetime

import pytest

from spplus_contracts import Envelope
from spplus_contracts.vocabulary import IndicatorStatus, PeriodKind
from spplus_embedded.demo.confidence import ever_given, indiscretions
from spplus_embedded.demo.facts import HTTP
from spplus_embedded.demo.life import year_before
from spplus_embedded.demo.player import by_sources
from spplus_embedded.demo.tree import ROOT, region
from spplus_embedded.expected import Expected, Key
from spplus_embedded.fold import fold, survey_fold
from spplus_notifier.catalogue import order
from tests.support.builders import a_figure, a_structure, a_survey_answer, retracted

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
QUARTER = {"kind": "quarter", "start": date(2026, 1, 1), "end": date(2026, 4, 1)}
GIVEN = {Key("12345", "survey_satisfaction", PeriodKind.QUARTER, date(2026, 1, 1)): Expected(IndicatorStatus.OK, 25)}


def of_survey(n, **changes):
    few = {"status": "insufficient_sample", "indicator_code": "survey_satisfaction", "period": QUARTER}
    return a_figure(n=n, **few | changes)


@pytest.mark.parametrize("n", [0, 10, 25])
def test_steps_of_what_was_given_are_no_indiscretion(n):
    assert indiscretions(GIVEN, [of_survey(n), a_figure(n=3)]) == []


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        (of_survey(9), "fewer than 10"),
        (of_survey(26), "only 25 were ever given"),
        (of_survey(10, structure_code="67890"), "only 0 were ever given"),
        (of_survey(10, period={"kind": "month", "start": date(2026, 1, 1), "end": date(2026, 2, 1)}), "such a period"),
    ],
)
def test_indiscretions_are_named(figure, said):
    [line] = indiscretions(GIVEN, [figure])
    assert said in line


def test_what_was_taken_back_was_given_once():
    def spoken(event, number):
        return Envelope(id=f"e{number}", source="agency", type=event.TYPE, time=NOW), event

    answer = a_survey_answer(statement_id="s1")
    told = [spoken(event, number) for number, event in enumerate((a_structure(), answer, retracted(answer)))]
    assert {figure.n for figure in ever_given(told, NOW).values()} == {1}
    assert survey_fold(told, NOW) == {}


def test_a_year_of_the_demo_leads_to_every_indicator_of_the_region():
    places = region()
    year = year_before(NOW, places, feedbacks=8000, seed=5)
    spoken = [spoken for _, spoken, _ in by_sources(year)]
    declared = [
        (Envelope(id=place.code, source="spplus", type=place.declared().TYPE, time=NOW), place.declared())
        for place in places
    ]
    assert any(story.door != HTTP for story in year.stories)
    found = fold([*declared, *spoken], NOW) | survey_fold([*declared, *spoken], NOW)
    numbers = {key.indicator_code for key, figure in found.items() if key.structure_code == ROOT and figure.value}
    assert numbers == set(order())
