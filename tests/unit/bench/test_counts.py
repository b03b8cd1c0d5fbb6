"""The bench judges its contenders by a fold of its own; here the fold and its load are judged."""

import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from spplus_contracts import EnvelopeError, FeedbackSubmitted, unwrap
from tests.bench.counts import Stories, change, count, differences, percentiles
from tests.bench.load import a_load

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def _read(message):
    try:
        envelope, data = unwrap(message.headers, message.value)
        return (envelope.id, FeedbackSubmitted.read_json(data)) if envelope.type == FeedbackSubmitted.TYPE else None
    except (EnvelopeError, ValueError):
        return None


def test_a_load_holds_what_it_says():
    load = a_load(3_000, 50, 30, NOW)
    read = [_read(message) for message in load.messages]
    ids = Counter(told[0] for told in read if told is not None)
    assert len(load.messages) == 3_000
    assert read.count(None) == load.malformed == 3
    assert sum(times - 1 for times in ids.values()) == load.duplicates == 60
    assert ids.keys() == {envelope.id for envelope, _ in load.events}


def test_the_same_instant_gives_the_same_load():
    assert a_load(500, 50, 30, NOW) == a_load(500, 50, 30, NOW)


def test_the_fold_counts_each_event_once_under_its_structure_and_month():
    load = a_load(1_000, 10, 60, NOW)
    counts = count(load.events)
    assert sum(total for _, total in counts.values()) == len(load.events)
    structure, event = "office3", load.events[0][1]
    assert sum(total for key, (_, total) in counts.items() if key.startswith(f"{structure}|")) == sum(
        told.structure_code == structure for _, told in load.events
    )
    assert f"{event.structure_code}|{event.submitted_at:%Y-%m}-01" in counts


def test_a_difference_is_told_whichever_side_it_is_on():
    right = {b"a|2026-11-01": b'{"positive": 1, "total": 2}', b"b|2026-11-01": b'{"positive": 0, "total": 1}'}
    expected = {"a|2026-11-01": (1, 2), "b|2026-11-01": (0, 1)}
    assert differences(expected, right) == []
    assert len(differences(expected, right | {b"a|2026-11-01": b'{"positive": 1, "total": 3}'})) == 1
    assert len(differences(expected, {b"a|2026-11-01": right[b"a|2026-11-01"]})) == 1
    assert len(differences(expected, right | {b"c|2026-11-01": b'{"positive": 0, "total": 1}'})) == 1


def test_percentiles_are_in_milliseconds():
    assert percentiles([n / 100 for n in range(101)]) == {"p50": 500, "p95": 950, "p99": 990, "max": 1000}
    assert percentiles([]) == {}
    assert set(percentiles([0.2]).values()) == {200}


def test_a_fall_is_negative():
    assert change(200, 150) == pytest.approx(-25)


def test_stories_count_for_their_structure_and_everything_above_it():
    load = a_load(400, 60, 20, NOW)
    stories = Stories(load.structures)
    stories.add(load.events, times=2)
    expected = stories.expected()
    months = {key.rpartition(b"|")[2] for key in expected}
    for level in (b"root", b"dep", b"office"):
        assert sum(count for key, count in expected.items() if key.startswith(level)) == 2 * len(load.events)
    assert stories.total == 2 * len(load.events)
    assert months <= {b"2026-10-01", b"2026-11-01"}


def test_a_published_count_is_compared_and_other_figures_are_not():
    load = a_load(50, 1, 5, NOW)
    stories = Stories(load.structures)
    stories.add(load.events)
    right = {key: json.dumps({"n": count}).encode() for key, count in stories.expected().items()}
    key = next(iter(right))
    assert stories.differences(right | {b"root|answer_rate|month|2026-11-01": b'{"n": 0}'}) == []
    assert len(stories.differences(right | {key: b'{"n": 1}'})) == 1
    assert len(stories.differences({})) == len(right)
