"""Why a figure has another revision, as far as the revisions themselves tell. Pure.

The events carry no cause of their own: what is told is what differs from the revision before.
"""

from enum import StrEnum

from spplus_contracts import IndicatorComputed


class Why(StrEnum):
    """What differs from the revision before."""

    FIRST = "first"
    """Nothing was published under this key before."""
    BACK = "back"
    """The figure had been taken off."""
    WINDOW = "window"
    """The twelve months are later ones."""
    METHOD = "method"
    """The method has another version."""
    CLOSED = "closed"
    """The period has ended: the figure is provisional no longer."""
    STATUS = "status"
    """Whether there is a number, or why not, has changed."""
    COUNTS = "counts"
    """Other stories, answers or calls are counted: late ones, corrected ones, withdrawn ones."""
    VALUE = "value"
    """The number or its interval differs."""
    ENGAGEMENTS = "engagements"
    """The commitments it is about differ."""
    THINNED = "thinned"
    """Revisions before this one are not kept here; what differs may have several causes."""
    RECOMPUTED = "recomputed"
    """Computed again with the same outcome."""


def why(before: IndicatorComputed | None, now: IndicatorComputed, *, was_removed: bool) -> list[Why]:
    """Everything that differs from the revision kept before; `was_removed`: it was taken off in between."""
    if before is None:
        return [Why.FIRST] if now.supersedes is None else [Why.THINNED]
    differences = {
        Why.WINDOW: before.period.start != now.period.start,
        Why.METHOD: before.method_version != now.method_version,
        Why.CLOSED: before.provisional and not now.provisional,
        Why.STATUS: before.status is not now.status,
        Why.COUNTS: _counts(before) != _counts(now),
        Why.VALUE: (before.value, before.interval) != (now.value, now.interval),
        Why.ENGAGEMENTS: set(before.engagements) != set(now.engagements),
    }
    found = [reason for reason, differs in differences.items() if differs] or [Why.RECOMPUTED]
    gap = now.supersedes is not None and now.supersedes != before.revision
    return [Why.BACK] * was_removed + found + [Why.THINNED] * gap


def _counts(figure: IndicatorComputed) -> tuple[int, float | None, float | None]:
    return figure.n, figure.numerator, figure.denominator
