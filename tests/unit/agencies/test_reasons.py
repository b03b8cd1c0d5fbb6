"""The list of reasons is closed: what the code can answer is listed, and what is listed can be answered."""

import ast
from pathlib import Path

import spplus_chassis.delivery
import spplus_chassis.reading
import spplus_contracts.envelope
import spplus_feedback.agencies.calls
import spplus_feedback.agencies.taking
import spplus_feedback.gate_rules
import spplus_feedback.hearing
from spplus_feedback.reasons import REASONS
from tests.support.reasons_table import GUIDE, written

ROOMS = (
    spplus_chassis.delivery,
    spplus_chassis.reading,
    spplus_contracts.envelope,
    spplus_feedback.agencies.calls,
    spplus_feedback.agencies.taking,
    spplus_feedback.gate_rules,
    spplus_feedback.hearing,
)
MAKERS = {"Verdict": 0, "at_fault": 0, "Refused": 0, "EnvelopeError": 0, "refuse": 1}
CANONICAL_ONLY = {"wrong_topic"}


def reasons_said(source: str) -> set[str]:
    """First words of the calls that make a refusal."""
    said = set()
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        place = MAKERS.get(name)
        if place is not None and len(node.args) > place:
            said |= {part.value for part in [node.args[place]] if isinstance(part, ast.Constant)}
    return said


def test_reasons_are_exactly_those_that_the_code_gives():
    said = set().union(*(reasons_said(Path(room.__file__).read_text()) for room in ROOMS))
    assert {reason.code for reason in REASONS} == said - CANONICAL_ONLY


def test_reasons_have_one_entry_each():
    assert len({reason.code for reason in REASONS}) == len(REASONS)


def test_guide_holds_the_reasons_as_they_are():
    assert GUIDE.read_text() == written(GUIDE.read_text())
