"""The register of processing names every setting that decides how long something about a person is kept."""

import re
from pathlib import Path

import pytest

from spplus_feedback.privacy import french
from spplus_feedback.privacy.rules import RULES
from spplus_feedback.settings import FeedbackSettings

ROOT = Path(__file__).parents[2]
REGISTER = (ROOT / "docs" / "fr" / "registre-des-traitements.md").read_text(encoding="utf-8")
PAGE = (ROOT / "services/feedback/spplus_feedback/templates/privacy/privacy.html").read_text(encoding="utf-8")
RULED = {name for rule in RULES for name in rule.settings}
KEPT = sorted(RULED | {name for name in FeedbackSettings.model_fields if name.endswith("kept_days")})


@pytest.mark.parametrize("name", [*KEPT, "retention_daily_hour", "session_hours", "trusted_proxies"])
def test_each_setting_of_retention_stands_in_the_register(name: str) -> None:
    assert f"`{name.upper()}`" in REGISTER


@pytest.mark.parametrize("name", sorted(RULED))
def test_each_rule_of_retention_has_its_setting_with_a_default_that_ends(name: str) -> None:
    assert FeedbackSettings.model_fields[name].default > 0


def test_the_register_names_no_setting_that_is_not_there() -> None:
    named = {word.lower() for word in re.findall(r"`([A-Z][A-Z_]+)`", REGISTER)}
    assert named - set(FeedbackSettings.model_fields) == {"spplus_feedback_"}, "the prefix, and nothing else"


@pytest.mark.parametrize("name", sorted(set(re.findall(r"kept\.(retention_\w+)", PAGE))))
def test_the_page_for_people_says_what_the_register_says(name: str) -> None:
    days = FeedbackSettings.model_fields[name].default
    assert french.how_long(days) in REGISTER


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "sans limite de durée"), (1, "1 jour"), (365, "1 an"), (1_095, "3 ans"), (90, "90 jours"), (540, "18 mois")],
)
def test_days_are_told_as_people_say_them(days: float, words: str) -> None:
    assert french.how_long(days) == words
