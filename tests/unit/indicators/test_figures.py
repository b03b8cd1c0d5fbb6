"""Which figures change, and how a revision is told."""

from datetime import UTC, date, datetime

import pytest

from spplus_contracts.vocabulary import IndicatorStatus, PeriodKind
from spplus_indicators.figures import (
    LATEST,
    LONGER_KINDS,
    Place,
    Target,
    event_of,
    figures_at,
    places_of,
    revision_of,
    revisions,
)
from spplus_indicators.periods import period, rolling_12
from spplus_indicators.thresholds import Thresholds

NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
MARCH = Place("S", period(PeriodKind.MONTH, date(2026, 3, 1)))
TALLY = {"experiences": 40, "positive": 30, "neutral": 4, "negative": 6}
NOTHING = frozenset()


def revised(tally, standing, *, place=MARCH, now=NOW, indicators=("experience_count", "experience_satisfaction")):
    figures = figures_at(
        indicators,
        tally,
        collected=[code for (_, code, _, _) in standing],
        not_applicable=NOTHING,
        thresholds=Thresholds(),
    )
    return revisions(place, figures, standing, now)


def standing_of(made):
    return {each.key: each.figure for each in made}


def test_same_tally_makes_no_second_revision():
    made = revised(TALLY, {})
    assert [each.figure.revision for each in made] == [1, 1]
    assert revised(TALLY, standing_of(made)) == []


def test_changed_tally_supersedes_only_what_changed():
    standing = standing_of(revised(TALLY, {}))
    made = revised(TALLY | {"positive": 29, "negative": 7}, standing)
    assert [(each.key[1], each.figure.revision) for each in made] == [("experience_satisfaction", 2)]
    assert event_of(made[0]).supersedes == 1


def test_sample_below_the_threshold_shows_n_alone():
    event = event_of(revised({"positive": 29}, {}, indicators=["experience_satisfaction"])[0])
    assert (event.status, event.n, event.value, event.interval) == (IndicatorStatus.INSUFFICIENT_SAMPLE, 29, None, None)
    event = event_of(revised({"positive": 30}, {}, indicators=["experience_satisfaction"])[0])
    assert (event.status, event.n, event.value) == (IndicatorStatus.OK, 30, 1.0)


def test_nothing_ever_collected_is_not_told_but_nothing_left_is():
    assert revised({}, {}) == []
    made = revised({}, standing_of(revised(TALLY, {})))
    assert [(each.figure.n, each.figure.revision) for each in made] == [(0, 2), (0, 2)]
    assert made[0].figure.value == 0


@pytest.mark.parametrize("indicator", ["answer_delay_median", "pickup_rate", "on_time_rate", "answer_rate"])
def test_indicator_that_lost_its_last_request_says_so(indicator):
    tally = {"delay:3": 40, "calls_received": 40, "due": 40, "answer_expected": 40}
    standing = standing_of(revised(tally, {}, indicators=[indicator]))
    made = revised({}, standing, indicators=[indicator])
    assert [(each.figure.status, each.figure.n) for each in made] == [("insufficient_sample", 0)]


def test_end_of_the_period_is_a_revision_that_is_final():
    standing = standing_of(revised(TALLY, {}))
    made = revised(TALLY, standing, now=datetime(2026, 3, 31, 22, 0, tzinfo=UTC))
    assert [(each.figure.revision, each.figure.provisional) for each in made] == [(2, False), (2, False)]
    assert event_of(made[0]).tree_on == date(2026, 3, 31)


def test_target_asks_for_every_period_that_its_month_lies_in():
    target = Target("S", date(2026, 3, 1), frozenset({"experiences"}))
    wanted = places_of([target], rolling_12(datetime(2026, 11, 23, tzinfo=UTC)))
    assert {(place.span.kind, place.span.start, place.key_start) for place in wanted} == {
        (PeriodKind.MONTH, date(2026, 3, 1), date(2026, 3, 1)),
        (PeriodKind.QUARTER, date(2026, 1, 1), date(2026, 1, 1)),
        (PeriodKind.YEAR, date(2026, 1, 1), date(2026, 1, 1)),
        (PeriodKind.ROLLING_12, date(2025, 12, 1), LATEST),
    }
    assert set(wanted[MARCH]) == {"experience_count"}


def test_target_of_longer_periods_does_not_ask_for_its_month():
    target = Target("S", date(2026, 3, 1), frozenset({"experiences"}), LONGER_KINDS)
    wanted = places_of([target], rolling_12(datetime(2026, 11, 23, tzinfo=UTC)))
    assert {place.span.kind for place in wanted} == {PeriodKind.QUARTER, PeriodKind.YEAR, PeriodKind.ROLLING_12}


def test_month_before_the_rolling_window_does_not_ask_for_it():
    target = Target("S", date(2025, 11, 1), frozenset({"experiences"}))
    wanted = places_of([target], rolling_12(datetime(2026, 11, 23, tzinfo=UTC)))
    assert PeriodKind.ROLLING_12 not in {place.span.kind for place in wanted}


def test_rolling_window_that_moved_on_is_a_revision_under_the_same_key():
    november = Place("S", rolling_12(datetime(2026, 11, 23, tzinfo=UTC)))
    december = Place("S", rolling_12(datetime(2026, 12, 1, tzinfo=UTC)))
    figures = figures_at(["experience_count"], TALLY, collected=[], not_applicable=frozenset(), thresholds=Thresholds())
    first = revisions(november, figures, {}, datetime(2026, 11, 23, tzinfo=UTC))
    second = revisions(december, figures, standing_of(first), datetime(2026, 12, 1, tzinfo=UTC))
    assert [event_of(each).key for each in (*first, *second)] == ["S|experience_count|rolling_12|latest"] * 2
    assert [event_of(each).period.start for each in (*first, *second)] == [date(2025, 12, 1), date(2026, 1, 1)]
    assert event_of(second[0]).supersedes == 1


def test_revision_told_and_read_back_is_the_same():
    for each in revised(TALLY, {}):
        assert revision_of(event_of(each)) == each
