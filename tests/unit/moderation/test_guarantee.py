"""Public words are written in two places only: as they came in from where they were public, or by masking."""

import re
from pathlib import Path

import spplus_feedback
from spplus_feedback.moderation import words
from spplus_feedback.moderation.reasons import Reason
from spplus_feedback.moderation.spans import MASKS, Field, Kind
from spplus_feedback.stories import Hold, Moderation
from spplus_feedback.wording import REFUSED_FOR

PACKAGE = Path(spplus_feedback.__file__).parent
WRITES = re.compile(r"public_(?:title|story|suggestion)\s*=\s*(?!NULL)[\$a-z']")
INSERTS = re.compile(r"INSERT INTO feedbacks\b[^;]*?public_story", re.DOTALL)


def test_only_masking_changes_the_words_that_the_public_reads():
    writing = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if WRITES.search(path.read_text(encoding="utf-8"))
    }
    assert writing == {"moderation/repository.py"}
    inserting = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if INSERTS.search(path.read_text(encoding="utf-8"))
    }
    assert inserting == {"repository.py"}


def test_everything_that_is_decided_or_found_has_its_words():
    assert set(words.KINDS) == set(MASKS) == set(Kind)
    assert set(words.FIELDS) == set(Field)
    assert set(words.REASONS) == set(Reason)
    assert set(Reason) <= set(REFUSED_FOR), "each reason can be published in counts"
    assert set(words.HOLDS) == set(Hold)
    assert set(words.STATES) == set(Moderation)
