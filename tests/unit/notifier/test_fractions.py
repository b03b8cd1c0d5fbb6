"""Fractions in words: whatever the figure, the sentence claims no more than its interval allows."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spplus_notifier import catalogue, fractions, wording
from tests.support.builders import a_figure
from tests.support.reading import BOUNDS, claimed
from tests.support.showcase import wilson

SHARES = sorted(code for code, words in catalogue.WORDINGS.items() if words.share and words.noun.one != "démarche")
DELAYS = ("answer_delay_median", "answer_delay_p75", "answer_delay_p90")


@given(st.sampled_from(SHARES), st.integers(1, 200_000), st.floats(0, 1))
def test_no_sentence_about_a_share_says_more_than_its_interval(code, n, part):
    count = round(part * n)
    margin = wilson(count, n)
    figure = a_figure(indicator_code=code, n=n, value=count / n, numerator=count, denominator=n, interval=margin)
    low, high = margin["low"], margin["high"]
    form, least, most = claimed(wording.plain(figure, code))
    slack = 1e-6
    if form in BOUNDS:
        assert least - slack <= min(low, count / n)
        assert max(high, count / n) <= most + slack
    else:
        assert low - 1e-4 <= least <= most <= high + 1e-4
        assert high - low <= fractions.NARROW_ENOUGH + slack


@given(st.sampled_from(DELAYS), st.floats(0, 700), st.floats(0, 30), st.floats(0, 60))
def test_no_sentence_about_a_delay_promises_less_than_the_figure(code, value, under, over):
    margin = {"low": max(0, value - under), "high": value + over, "method": "order_statistics"}
    parts = {"unit": "days", "value": value, "numerator": None, "denominator": None, "interval": margin}
    said = wording.plain(a_figure(indicator_code=code, **parts), code).replace("\u00a0", " ").replace("\u202f", "")
    days = int(re.search(r"en (\d+) jours? ou moins\.$", said)[1])
    assert value <= days <= max(1, math.ceil(value + over))
    if over > max(1, 0.25 * value):
        assert days >= value + over


@pytest.mark.parametrize(
    ("count", "n", "said"),
    [
        (371, 471, "Environ 8 expériences sur 10 sont positives."),
        (30, 40, "Entre 5 et 9 expériences sur 10 sont positives."),
        (78_800, 100_000, "Presque 8 expériences sur 10 sont positives."),
        (472, 540, "Presque 9 expériences sur 10 sont positives."),
        (81_200, 100_000, "Un peu plus de 8 expériences sur 10 sont positives."),
        (500, 500, "Au moins 99 expériences sur 100 sont positives."),
        (10, 10, "Au moins 7 expériences sur 10 sont positives."),
        (0, 500, "Au plus 1 expérience sur 100 est positive."),
        (1, 10, "Au plus 5 expériences sur 10 sont positives."),
        (100, 1_000, "Environ 1 expérience sur 10 est positive."),
    ],
)
def test_the_words_are_those_of_everybody(count, n, said):
    margin = wilson(count, n)
    figure = a_figure(n=n, value=count / n, numerator=count, denominator=n, interval=margin)
    assert wording.plain(figure, "experience_satisfaction") == said


@pytest.mark.parametrize(
    ("value", "low", "high", "said"),
    [
        (41.5, 35, 48, "Les expériences positives sont plus nombreuses que les négatives (solde : +41,5 points)."),
        (-20, -30, -10, "Les expériences négatives sont plus nombreuses que les positives (solde : \u221220 points)."),
        (
            3,
            -5,
            11,
            "On ne peut pas dire si les expériences positives l'emportent sur les négatives (solde : +3 points).",
        ),
    ],
)
def test_a_balance_names_the_side_only_where_its_margin_does(value, low, high, said):
    margin = {"low": low, "high": high, "method": "newcombe"}
    parts = {"unit": "points", "value": value, "numerator": None, "denominator": None, "interval": margin}
    figure = a_figure(indicator_code="experience_net_sentiment", **parts)
    assert wording.plain(figure, figure.indicator_code).replace("\u00a0", " ") == said


def test_what_all_is_known_of_is_counted():
    known = a_figure(
        indicator_code="procedure_quality_rate", n=12, value=0.75, numerator=9, denominator=12, interval=None
    )
    said = wording.plain(known, known.indicator_code).replace("\u00a0", " ")
    assert said == "9 démarches sur 12 sont notées au moins 8 sur 10."
