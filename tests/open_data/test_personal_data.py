"""The figures of docs/moderation.md, computed anew on the real texts; none may be worse than the page says."""

import re
from pathlib import Path

import pytest

from tests.support.detection_measure import FILLINGS, alarms, filled_recall, planted_recall, texts_of

pytestmark = pytest.mark.open_data

PAGE = (Path(__file__).parents[2] / "docs" / "moderation.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def texts(experiences_file):
    return texts_of(experiences_file)


def said(name):
    """Count and share that the page says of a row."""
    (row,) = re.findall(rf"^\| {name} \|(?: \d+ \|)? (\d+) \| ([\d.]+) % \|$", PAGE, re.MULTILINE)
    return int(row[0]), float(row[1]) / 100


def as_said(found, count):
    """A share, rounded down to what the page shows."""
    return int(1000 * found / count) / 1000


def test_masked_places_are_found_again_as_often_as_the_page_says(texts):
    measured = filled_recall(texts)
    assert {name: places for name, (places, _, _) in measured.items()} == {"courriel": 3, "téléphone": 1}
    for name, (places, filled, found) in measured.items():
        assert said(name) == (filled, pytest.approx(1.0))
        assert filled == places * FILLINGS
        assert as_said(found, filled) >= said(name)[1]


def test_planted_values_are_found_as_often_as_the_page_says(texts):
    for kind, (planted, found) in planted_recall(texts).items():
        count, share = said(kind.value)
        assert planted == count
        assert as_said(found, planted) >= share, kind


def test_no_more_false_alarms_than_the_page_says(texts):
    found = alarms(texts)
    (places,) = re.findall(r"the rules find (\d+) places in the 800 texts", PAGE)
    assert len(texts) == 800
    assert f"{sum(map(len, texts)):,} characters" in PAGE
    assert found.total() <= int(places)
    assert found == {"name": 1, "url": 1}
