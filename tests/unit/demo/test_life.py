from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from spplus_contracts.feedback import Dimensions
from spplus_contracts.vocabulary import Channel, FeedbackKind, Outcome, ScoreScale
from spplus_embedded.demo.facts import DESK, HTTP, SOURCE_OF, SOURCES
from spplus_embedded.demo.life import year_before
from spplus_embedded.demo.tree import region

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
NETWORKS = {place.code: place.network for place in region()}


@pytest.fixture(scope="module")
def year():
    return year_before(NOW, region(), feedbacks=3000, seed=7)


def test_year_of_the_same_seed_and_start_is_the_same(year):
    assert year_before(NOW, region(), feedbacks=3000, seed=7) == year


def test_year_of_another_seed_is_another(year):
    assert year_before(NOW, region(), feedbacks=3000, seed=8) != year


def test_year_has_as_many_stories_as_asked_each_with_its_number(year):
    assert len(year.stories) == 3000
    numbers = [one.number for one in (*year.stories, *year.letters, *year.marks)]
    assert len(set(numbers)) == len(numbers)


def test_stories_lie_in_the_twelve_closed_months_and_the_current_one(year):
    months = {f"{story.submitted_at.astimezone(PARIS):%Y-%m}" for story in year.stories}
    assert months == {"2025-11", "2025-12", *(f"2026-{month:02d}" for month in range(1, 12))}


def test_nothing_happens_after_the_start_or_before_its_request(year):
    for story in year.stories:
        instants = [act.at for act in story.acts]
        assert story.submitted_at <= NOW
        assert story.withdrawn_at is None or story.submitted_at <= story.withdrawn_at <= NOW
        assert instants == sorted(instants)
        assert all(story.submitted_at <= at <= NOW - timedelta(hours=1) for at in instants)
    for letter in year.letters:
        assert all(letter.received_at <= act.at <= NOW for act in letter.acts)


def test_agencies_speak_for_their_own_part_of_the_tree_only(year):
    for story in year.stories:
        network = NETWORKS[story.structure_code]
        doors = {story.door, story.answered_through} - {HTTP, DESK}
        assert doors <= ({SOURCE_OF[network].code} if network in SOURCE_OF else set())
        said_of = [code for act in story.acts for code in (act.structure_code, act.redirected_to) if code is not None]
        assert {NETWORKS[code] for code in said_of} <= {network}


def test_agencies_report_only_the_kinds_that_they_register(year):
    granted = {(grant.code, kind) for grant in SOURCES for kind in (*grant.single_kinds, *grant.bulk_kinds)}
    assert {(letter.source, letter.kind) for letter in year.letters} <= granted
    assert {(totals.source, totals.event.request_kind) for totals in year.totals} <= granted


def test_totals_cover_each_closed_month_once_besides_corrections(year):
    first = [(one.event.structure_code, one.event.month) for one in year.totals if one.event.version == 1]
    assert len(first) == len(set(first)) == 72
    assert Counter(one.event.request_kind for one in year.totals if one.event.version == 1) == {"call": 36, "email": 36}
    assert all(one.event.answered <= one.event.received for one in year.totals)
    assert "2026-11" not in {month for _, month in first}


def test_marks_lie_on_the_scale_of_their_source_and_ratings_name_a_procedure(year):
    grants = {grant.code: grant for grant in SOURCES}
    for mark in year.marks:
        grant = grants[mark.source]
        assert mark.kind in grant.feedback_kinds
        if mark.kind is FeedbackKind.SURVEY:
            assert (mark.scale, mark.procedure_code) == (grant.survey_scale, None)
        else:
            assert mark.procedure_code in dict(grant.procedures)
    assert {mark.scale for mark in year.marks} == set(ScoreScale) - {ScoreScale.UNKNOWN}
    assert any(mark.corrected_to is not None for mark in year.marks)
    assert any(mark.retracted for mark in year.marks)


def test_letters_are_acknowledged_in_time_late_or_by_their_answer_only(year):
    waits = [
        (letter.acts[0].outcome, (letter.acts[0].at - letter.received_at).days, letter.channel)
        for letter in year.letters
    ]
    assert any(outcome is Outcome.ACKNOWLEDGED and days < 7 for outcome, days, _ in waits)
    assert any(outcome is Outcome.ACKNOWLEDGED and days > 14 for outcome, days, _ in waits)
    assert any(outcome is Outcome.ANSWERED for outcome, _, _ in waits)
    assert {channel for _, _, channel in waits} == {Channel.MAIL, Channel.EMAIL}


def test_year_shows_all_that_may_become_of_a_story(year):
    outcomes = Counter(act.outcome for story in year.stories for act in story.acts)
    assert set(outcomes) == set(Outcome) - {Outcome.UNKNOWN}
    assert any(story.withdrawn_at for story in year.stories)
    assert any(story.repeated for story in year.stories)
    assert any(story.corrected_to for story in year.stories)
    assert any(story.by_agent for story in year.stories)
    assert any(story.answer_expected and not story.acts for story in year.stories)
    given = [set(story.dimensions.model_dump(exclude_none=True)) for story in year.stories if story.dimensions]
    assert set().union(*given) == set(Dimensions.model_fields)


def test_a_small_year_has_exactly_the_stories_asked_for():
    assert len(year_before(NOW, region(), feedbacks=1, seed=1).stories) == 1


def test_a_year_that_starts_with_a_month_lies_in_the_months_before():
    start = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)  # 1 March, half past midnight in Paris
    year = year_before(start, region(), feedbacks=200, seed=3)
    assert all(story.submitted_at < start for story in year.stories)
