"""The builders of the tests give valid events, whatever outcome or status is asked for."""

import pytest

from spplus_contracts.vocabulary import IndicatorStatus, Outcome
from tests.support.builders import a_bulk, a_feedback, a_figure, a_structure, a_withdrawal, an_answer, an_envelope


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - {Outcome.UNKNOWN}))
def test_an_answer_of_each_outcome_survives_its_own_json(outcome: str) -> None:
    answer = an_answer(outcome)
    assert type(answer).read_json(answer.to_json()) == answer


@pytest.mark.parametrize(
    "status", [status.value for status in IndicatorStatus if status is not IndicatorStatus.UNKNOWN]
)
def test_a_figure_of_each_status_survives_its_own_json(status: str) -> None:
    figure = a_figure(status=status)
    assert type(figure).read_json(figure.to_json()) == figure
    assert (figure.value is None) == (status != "ok")


def test_changes_reach_the_event() -> None:
    assert a_feedback(sentiment="negative").sentiment == "negative"
    assert a_bulk(received=5, answered=2).answered == 2
    assert a_withdrawal(reason="moderation").reason == "moderation"
    assert a_structure(parent="1").parents[0].parent_code == "1"
    assert an_envelope(id="other").id == "other"
