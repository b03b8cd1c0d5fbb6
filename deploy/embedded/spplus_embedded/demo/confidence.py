"""What may be read of surveys: their figures appear in steps, so they are held against limits and not against a value.

Which answers a figure tells of depends on the order in which they came. What must hold in any order is judged here:
quarters and years only, never fewer than ten answers, never more than were given.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from spplus_contracts import Envelope, FeedbackSubmitted, IndicatorComputed, StructureDeclared
from spplus_contracts.vocabulary import FeedbackKind, PeriodKind
from spplus_embedded.expected import SURVEY_INDICATORS, Expected, Key
from spplus_embedded.fold import survey_fold

_STEP: Final = 10
_SHOWN: Final = frozenset({PeriodKind.QUARTER, PeriodKind.YEAR})


def ever_given(told: Iterable[tuple[Envelope, Any]], as_of: datetime) -> dict[Key, Expected]:
    """The answers to surveys that were ever given, whether or not they were taken back since."""
    return survey_fold(
        [
            (envelope, event)
            for envelope, event in told
            if isinstance(event, StructureDeclared)
            or (isinstance(event, FeedbackSubmitted) and event.kind is FeedbackKind.SURVEY and not event.retracted)
        ],
        as_of,
        min_sample=1,
    )


def indiscretions(given: Mapping[Key, Expected], published: Iterable[IndicatorComputed]) -> list[str]:
    """Figures of surveys that should not be published so, one line each, sorted."""
    lines = []
    for event in published:
        if event.indicator_code not in SURVEY_INDICATORS or event.n == 0:
            continue
        key = Key(event.structure_code, event.indicator_code, event.period.kind, event.period.start)
        most = given[key].n if key in given else 0
        if event.period.kind not in _SHOWN:
            lines.append(f"{key}: answers given in confidence are not published for such a period")
        elif event.n < _STEP:
            lines.append(f"{key}: tells of {event.n} answers, fewer than {_STEP}")
        elif event.n > most:
            lines.append(f"{key}: tells of {event.n} answers, only {most} were ever given")
    return sorted(lines)
