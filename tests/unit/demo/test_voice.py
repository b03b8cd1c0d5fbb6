from datetime import UTC, date, datetime

import pytest
from pydantic import TypeAdapter

from spplus_contracts import FeedbackSubmitted, FeedbackWithdrawn, RequestAnswered, SingleAnswer
from spplus_contracts.vocabulary import RequestKind
from spplus_embedded.demo.facts import DESK, HTTP
from spplus_embedded.demo.life import year_before
from spplus_embedded.demo.tree import region
from spplus_embedded.demo.voice import (
    Request,
    answer_body,
    counted,
    end_of_day,
    marked,
    paper,
    posted,
    request_of,
    said,
    story_body,
    told,
)
from spplus_feedback.bodies import AnswerBody, AnsweredBody, StoryBody

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def year():
    return year_before(NOW, region(), feedbacks=2000, seed=11)


def test_stories_posted_are_bodies_that_the_door_takes(year):
    for story in year.stories:
        if story.door == HTTP:
            body = StoryBody.model_validate_json(TypeAdapter(dict).dump_json(story_body(story)))
            assert body.structure_codes == (story.structure_code,)
            assert body.submitted_at == story.submitted_at
            assert body.sentiment == story.sentiment
            assert body.dimensions == story.dimensions
            assert body.author == story.author


def test_answers_posted_are_bodies_that_the_desk_takes_and_say_what_the_judge_hears(year):
    desk = TypeAdapter(AnswerBody)
    for story in year.stories:
        if story.answered_through != DESK:
            continue
        request = Request("spplus", "request-1", RequestKind.EXPERIENCE, story.submitted_at)
        for act in story.acts:
            body = desk.validate_json(TypeAdapter(dict).dump_json(answer_body(act, statement_id="act-1")))
            _, event = said(act, request, "spplus", statement_id="act-1")
            assert (body.outcome, body.statement_id) == (event.outcome, event.statement_id)
            if isinstance(body, AnsweredBody):
                assert body.answered_at == event.answered_at


def test_events_of_sources_survive_the_gate_s_reading(year):
    for story in year.stories:
        if story.door == HTTP:
            continue
        for _, event in told(story):
            assert type(event).check_json(event.to_json()) == event
    for letter in year.letters:
        for envelope, event in paper(letter):
            assert RequestAnswered.check_json(event.to_json()) == event
            assert envelope.source == letter.source
    for mark in year.marks:
        for _, event in marked(mark):
            assert type(event).check_json(event.to_json()) == event
    for totals in year.totals:
        _, event = counted(totals)
        assert RequestAnswered.check_json(event.to_json()) == event


def test_event_ids_of_a_source_are_never_used_twice(year):
    spoken = [envelope.id for story in year.stories if story.door != HTTP for envelope, _ in told(story)]
    spoken += [envelope.id for letter in year.letters for envelope, _ in paper(letter)]
    spoken += [envelope.id for mark in year.marks for envelope, _ in marked(mark)]
    spoken += [counted(totals)[0].id for totals in year.totals]
    assert len(spoken) == len(set(spoken))


def test_a_correction_is_the_same_statement_with_a_higher_version(year):
    story = next(story for story in year.stories if story.corrected_to is not None)
    first, second = [event for _, event in told(story) if isinstance(event, FeedbackSubmitted)]
    assert first.statement_id == second.statement_id
    assert (first.version, second.version) == (1, 2)
    assert (first.sentiment, second.sentiment) == (story.sentiment, story.corrected_to)


def test_a_mark_is_corrected_or_taken_back_under_the_same_statement(year):
    mark = next(mark for mark in year.marks if mark.corrected_to is not None)
    first, second, *_ = [event for _, event in marked(mark)]
    assert first.statement_id == second.statement_id
    assert (first.score.value, second.score.value) == (mark.value, mark.corrected_to)
    gone = [event for mark in year.marks if mark.retracted for _, event in marked(mark)][-1]
    assert gone.retracted
    assert not gone.answer_expected


def test_a_withdrawal_names_the_request_of_its_own_source(year):
    story = next(story for story in year.stories if story.door != HTTP and story.withdrawn_at is not None)
    *_, (envelope, last) = told(story)
    assert isinstance(last, FeedbackWithdrawn)
    assert last.request_source is None
    assert (envelope.source, last.request_id) == (request_of(story).source, request_of(story).request_id)


def test_an_answer_to_a_story_of_the_platform_names_the_platform(year):
    story = next(story for story in year.stories if story.door == HTTP and story.acts)
    request = Request("spplus", "request-1", RequestKind.EXPERIENCE, story.submitted_at)
    _, elsewhere = said(story.acts[0], request, "finances-vdb", statement_id="act-1")
    _, at_desk = said(story.acts[0], request, "spplus", statement_id="act-1")
    assert isinstance(elsewhere, SingleAnswer)
    assert elsewhere.request_source == "spplus"
    assert at_desk.request_source is None


def test_what_was_posted_is_heard_with_the_deadline_that_its_author_was_told(year):
    story = next(story for story in year.stories if story.door == HTTP and story.answer_expected)
    accepted = {
        "feedback_id": "feedback-1",
        "submitted_at": story.submitted_at.isoformat(),
        "requests": [{"request_id": "request-1", "answer_due_at": "2026-12-01T23:00:00Z"}],
    }
    envelope, event = posted(story, accepted)
    assert envelope.source == "spplus"
    assert event.answer_due_at == datetime(2026, 12, 1, 23, 0, tzinfo=UTC)
    assert event.sentiment == story.sentiment


def test_a_day_ends_at_midnight_in_paris():
    assert end_of_day(date(2026, 7, 1)) == datetime(2026, 7, 1, 22, 0, tzinfo=UTC)
    assert end_of_day(date(2026, 12, 1)) == datetime(2026, 12, 1, 23, 0, tzinfo=UTC)
