from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter

from spplus_contracts.feedback import Dimensions
from spplus_contracts.vocabulary import Channel, Department, Sentiment
from spplus_feedback import wording
from spplus_feedback.departments import DEPARTMENTS
from spplus_feedback.forms import fill
from spplus_feedback.moderation.reasons import Reason
from spplus_feedback.moderation.spans import Kind


def sent(**changes):
    return {"sentiment": ["positive"], "story": ["Très bien reçu."], "channels": ["desk"]} | changes


def test_good_form_is_a_story():
    filled = fill(sent(relation=["negative"], simplicity=[""], answer_expected=["non"]), ["guichet"])
    assert not filled.errors
    assert filled.body.dimensions == Dimensions(relation=Sentiment.NEGATIVE)
    assert filled.body.answer_expected is False
    assert filled.detailed


def test_missing_answers_are_said_in_french_in_the_order_of_the_page():
    filled = fill({"title": ["x" * 201]}, ["guichet"])
    assert list(filled.errors) == ["sentiment", "story", "title"]
    assert "ressenti" in filled.errors["sentiment"]
    assert filled.body is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sentiment": ["furious"]}, "sentiment"),
        ({"relation": ["furious"]}, "relation"),
        ({"channels": ["pigeon"]}, "channels"),
        ({"story": ["x\x00y"]}, "story"),
        ({"engagements": ["sp-plus-2021/0"]}, "engagements"),
        ({"department": ["00"]}, "department"),
    ],
)
def test_forged_form_is_refused_beside_the_field(changes, field):
    assert list(fill(sent(**changes), ["guichet"]).errors) == [field]


def test_proposal_needs_its_idea_only():
    filled = fill({"nature": ["proposition"], "suggestion": ["Ouvrir le samedi."]}, ["guichet"])
    assert filled.body.proposal
    assert filled.body.sentiment is None
    assert list(fill({"nature": ["proposition"], "story": ["x"]}, ["guichet"]).errors) == ["suggestion"]


def test_details_reach_the_story():
    more = {"engagements": ["sp-plus-2021/5"], "department": ["2A"]}
    filled = fill(sent(**more), ["guichet"])
    assert filled.body.engagements == {"sp-plus-2021/5"}
    assert filled.body.department == "2A"
    assert filled.detailed


def test_what_was_typed_is_taken_along_whole():
    typed = sent(
        engagements=["sp-plus-2021/1", "sp-plus-2021/2"], department=["75"], relation=["negative"], title=["T"]
    )
    pairs = fill(typed, ["guichet"]).pairs
    again = {}
    for name, value in pairs:
        again.setdefault(name, []).append(value)
    assert fill(again, ["guichet"]) == fill(typed, ["guichet"])


def test_line_ends_of_browsers_become_ours():
    assert fill(sent(story=["un\r\ndeux"]), ["guichet"]).body.story == "un\ndeux"


def test_every_closed_list_of_the_form_has_its_words():
    every_code = TypeAdapter(Department)
    assert all(every_code.validate_python(code) == code for code in DEPARTMENTS)
    assert len(DEPARTMENTS) == 96 + 11
    assert [f"sp-plus-2021/{number}" for number in range(1, 10)] == list(wording.ENGAGEMENTS)
    assert set(wording.PERSONAL) == {kind.value for kind in Kind} - {"other"}
    assert set(wording.REFUSALS) == {reason.value for reason in Reason}
    assert set(wording.CHANNELS) == {channel.value for channel in Channel} - {"unknown"}
    assert set(wording.SENTIMENTS) == {sentiment.value for sentiment in Sentiment} - {"unknown"}
    assert set(wording.DIMENSIONS) == set(Dimensions.model_fields)


def test_days_are_written_as_people_say_them():
    assert wording.day_of(datetime(2026, 11, 30, 23, 30, tzinfo=UTC)) == "mardi 1er décembre 2026"
    assert wording.deadline_day(datetime(2026, 12, 8, 23, tzinfo=UTC)) == "mardi 8 décembre 2026"
