"""Every reason of a refusal has its words on the page of numbers."""

from spplus_feedback.moderation.reasons import Reason
from spplus_feedback.wording import REFUSED_FOR, month_in_words


def test_every_reason_has_words():
    assert set(REFUSED_FOR) == {reason.value for reason in Reason} | {"other"}


def test_month_in_words():
    assert [month_in_words(month) for month in ("2026-01", "2025-12")] == ["janvier 2026", "décembre 2025"]
