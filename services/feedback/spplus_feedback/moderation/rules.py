"""Rules that find personal data in plain text (see `flattening`), each a pattern and a check.

Every repetition has a bound and none stands in another that could share characters with it, so that the time grows
with the length of a text and with nothing else; a test reads the patterns and holds them to it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from spplus_feedback.moderation.spans import Kind

Range = tuple[int, int]


def _whole(found: re.Match[str]) -> Range | None:
    """All that the pattern matched, or its group `value` where it has one."""
    return found.span("value" if "value" in found.re.groupindex else 0)


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to find one kind."""

    kind: Kind
    pattern: re.Pattern[str]
    check: Callable[[re.Match[str]], Range | None] = _whole
    """Which part of the match it is, if it is one."""
    restart: bool = False
    """Search again one character after a match that the check refused, not after its end."""

    def find(self, text: str) -> Iterator[Range]:
        """All places."""
        at = 0
        while found := self.pattern.search(text, at):
            kept = self.check(found)
            if kept is not None:
                yield kept
                at = max(kept[1], found.start() + 1)
            else:
                at = found.start() + 1 if self.restart else max(found.end(), found.start() + 1)


def pattern(source: str, *, any_case: bool = False) -> re.Pattern[str]:
    """A pattern written over several lines; a space in it is written as `[ ]`."""
    return re.compile(source, re.VERBOSE | re.ASCII | (re.IGNORECASE if any_case else 0))


def words(listed: str) -> frozenset[str]:
    """The words of a list written with spaces between."""
    return frozenset(listed.split())


BEFORE: Final = r"(?<![A-Za-z0-9])"
AFTER: Final = r"(?![A-Za-z0-9])"
