"""Which stories are suspicious: of one address, in the same words, sent by a form too soon."""

from datetime import UTC, datetime, timedelta

import pytest

from spplus_feedback.stamps import open_for, stamped
from spplus_feedback.stories import Address, Hold, Submission, Texts, TooMany
from spplus_feedback.suspicion import (
    Counted,
    HourlyLimits,
    address_subject,
    judge_address,
    judge_text,
    network_of,
    normalised,
    text_subjects,
)

NOW = datetime(2026, 3, 1, 10, 30, tzinfo=UTC)
LIMITS = HourlyLimits(address_soft=5, address_hard=20, same_text=3)
SECRET = b"a secret of thirty-two bytes....."


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("no address" * 20, ("no address" * 20)[:64]),
    ],
)
def test_one_household_is_one_caller(host, network):
    assert network_of(host) == network


@pytest.mark.parametrize(
    ("current", "previous", "into", "verdict"),
    [
        (4, 0, 0.5, None),
        (5, 0, 0.5, Hold.ADDRESS),
        (0, 15, 0.0, Hold.ADDRESS),
        (2, 5, 0.5, Hold.ADDRESS),
        (2, 4, 0.5, None),
        (0, 100, 0.9, None),
        (19, 0, 0.5, Hold.ADDRESS),
    ],
)
def test_stories_of_the_last_hour_are_held_beyond_the_soft_limit(current, previous, into, verdict):
    assert judge_address(Counted(current, previous, into), LIMITS) is verdict


@pytest.mark.parametrize(("current", "previous", "into"), [(20, 0, 0.25), (5, 500, 0.0), (300, 20, 0.99), (0, 20, 0.0)])
def test_beyond_the_hard_limit_they_are_refused_until_the_time_that_is_said(current, previous, into):
    verdict = judge_address(Counted(current, previous, into), LIMITS)
    assert isinstance(verdict, TooMany)
    later = into + verdict.retry_after_seconds / 3_600
    then = Counted(current, previous, later) if later < 1 else Counted(0, current, later - 1)
    assert not isinstance(judge_address(then, LIMITS), TooMany)


def test_zero_switches_a_rule_off():
    many = Counted(1_000, 1_000, 0.5)
    none = HourlyLimits(address_soft=0, address_hard=0, same_text=0)
    assert judge_address(many, none) is None
    assert judge_text(many, none) is None


def test_same_words_are_held_from_the_fourth_story_on():
    assert judge_text(Counted(2, 0, 0.5), LIMITS) is None
    assert judge_text(Counted(3, 0, 0.5), LIMITS) is Hold.SAME_TEXT


def test_words_are_the_same_whatever_their_case_accents_signs_and_numbers():
    one = normalised(["L'accueil était TRÈS long : 45 minutes d'attente !", None])
    assert one == normalised(["l accueil etait tres long 50 minutes", "d’attente"])
    assert one != normalised(["L'accueil était très bref : 45 minutes d'attente !"])


def test_few_words_mean_nothing():
    assert normalised(["Très bien, merci beaucoup !"]) is None
    assert normalised([None, ""]) is None


def a_story(caller="203.0.113.9", words="J'ai attendu une heure au téléphone."):
    addresses = (Address("1", "guichet"), Address("2", "mairie"))
    return Submission("0", addresses, NOW, NOW, texts=Texts(story=words), caller=caller)


def test_subjects_are_keyed_by_the_salt_and_differ_by_structure():
    assert address_subject(a_story(), b"monday") != address_subject(a_story(), b"tuesday")
    assert b"203" not in (address_subject(a_story(), b"monday") or b"")
    assert len(set(text_subjects(a_story(), b"monday"))) == 2
    assert set(text_subjects(a_story(), b"monday")) == set(text_subjects(a_story(caller="192.0.2.1"), b"monday"))


def test_caller_who_is_not_counted_has_no_subjects_and_no_story_shows_its_caller():
    assert address_subject(a_story(caller=None), b"salt") is None
    assert list(text_subjects(a_story(caller=None), b"salt")) == []
    assert "203.0.113.9" not in repr(a_story())


def test_stamp_says_how_long_the_form_was_open():
    stamp = stamped("word", NOW, SECRET)
    assert open_for(stamp, NOW + timedelta(seconds=4, milliseconds=20), SECRET) == timedelta(seconds=4, milliseconds=20)


@pytest.mark.parametrize(
    "stamp",
    ["", "word", "word.abc", "word.19c.", ".", stamped("word", NOW, b"another"), "é" + stamped("word", NOW, SECRET)],
)
def test_stamp_that_is_not_ours_says_nothing(stamp):
    assert open_for(stamp, NOW, SECRET) is None


@pytest.mark.parametrize("age", [timedelta(days=8), timedelta(seconds=-1)])
def test_stamp_of_another_time_says_nothing(age):
    assert open_for(stamped("word", NOW, SECRET), NOW + age, SECRET) is None
