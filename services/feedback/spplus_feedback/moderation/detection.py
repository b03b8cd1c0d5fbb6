"""What in a text is probably personal: places with their kind, in order, none overlapping. A help, not a verdict.

How much it finds, and how often it errs, stands in docs/moderation.md.
"""

from bisect import bisect, insort
from collections.abc import Sequence
from typing import Final

from spplus_feedback.moderation import number_rules, word_rules
from spplus_feedback.moderation.flattening import flattened
from spplus_feedback.moderation.rules import Rule
from spplus_feedback.moderation.spans import Field, Place, Span, text_of
from spplus_feedback.stories import Texts

RULES: Final[tuple[Rule, ...]] = number_rules.RULES + word_rules.RULES


def detect(text: str) -> tuple[Span, ...]:
    """Probable personal data of a text.

    Where two overlap the longer stands, and of the other what is left; of two as long the surer rule's comes first.
    """
    flat = flattened(text)
    found = [
        (start - end, trust, start, end, rule)
        for trust, rule in enumerate(RULES)
        for start, end in rule.find(flat.text)
    ]
    kept: list[tuple[int, int, Rule]] = []
    for _, _, start, end, rule in sorted(found, key=lambda one: one[:4]):
        for piece in _uncovered(kept, start, end):
            if any(character.isalnum() for character in flat.text[slice(*piece)]):
                insort(kept, (*piece, rule), key=lambda one: one[0])
    return tuple(Span(*flat.place(start, end), rule.kind) for start, end, rule in kept)


def _uncovered(kept: Sequence[tuple[int, int, Rule]], start: int, end: int) -> list[tuple[int, int]]:
    """What of a place no other holds yet, so that nothing found is left out because it overlaps."""
    pieces = []
    first = bisect(kept, start, key=lambda one: one[0])
    at = max(start, kept[first - 1][1]) if first else start
    for other_start, other_end, _ in kept[first:]:
        if other_start >= end:
            break
        if at < other_start:
            pieces.append((at, other_start))
        at = max(at, other_end)
    if at < end:
        pieces.append((at, end))
    return pieces


def found_in(texts: Texts) -> tuple[Place, ...]:
    """Probable personal data of a story."""
    return tuple(
        Place(field, span.start, span.end, span.kind) for field in Field for span in detect(text_of(texts, field))
    )
