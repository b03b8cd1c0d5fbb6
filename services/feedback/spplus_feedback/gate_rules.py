"""Who may say what: the rules that an event of another agency's system must meet before it counts.

Checked in this order, the first that fails is the reason: the source is registered, active, and granted the type, the
data are valid, the kind and form are granted, the structure lies in the source's part of the tree, the request is the
source's own to speak about, nothing happened after the broker had it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from spplus_chassis.french import PARIS
from spplus_chassis.reading import CLOCK_TOLERANCE, said_too_early
from spplus_contracts import BulkAnswers, Envelope, FeedbackSubmitted, FeedbackWithdrawn, SingleAnswer
from spplus_contracts.topics import FORWARDED
from spplus_contracts.vocabulary import PLATFORM_SOURCE, RequestKind
from spplus_feedback.structures import ancestors_of

AgencyEvent = FeedbackSubmitted | SingleAnswer | BulkAnswers | FeedbackWithdrawn
"""What another system may say."""

Fault = tuple[str, str]
"""A field, and what is wrong with it."""

GRANTABLE: Final = frozenset(event.TYPE for event in FORWARDED)
"""Types that can be granted at all; the others are said by the platform's own services only."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why an event is refused."""

    reason: str
    """Closed code."""
    detail: str
    """For people; names fields and rules, never a value of the event."""
    errors: tuple[Fault, ...] = ()
    """Each field at fault with what is wrong with it, where fields are."""


def at_fault(reason: str, field: str, rule: str) -> Verdict:
    """The verdict on an event of which one field breaks a rule."""
    return Verdict(reason, f"{field}: {rule}", ((field, rule),))


@dataclass(frozen=True, slots=True)
class Source:
    """One row of the register: a system and what it may say."""

    code: str
    name: str = ""
    active: bool = True
    feedback_kinds: frozenset[str] = frozenset()
    """Kinds of feedback that it may submit, and withdraw when they are its own."""
    single_kinds: frozenset[str] = frozenset()
    """Kinds of request that it reports one by one."""
    bulk_kinds: frozenset[str] = frozenset()
    """Kinds of request that it reports as totals of a month; never one of `single_kinds`: it would count twice."""
    structure_codes: frozenset[str] = frozenset()
    """Roots of the parts of the tree that it speaks for."""

    def may_say(self, event_type: str) -> bool:
        """Whether anything of this type is granted."""
        if event_type == SingleAnswer.TYPE:
            return bool(self.single_kinds or self.bulk_kinds)
        return event_type in GRANTABLE and bool(self.feedback_kinds)


@dataclass(slots=True)
class Tree:
    """The tree of one day, which remembers what it was asked."""

    parents: Mapping[str, str | None] = field(default_factory=dict)
    _answers: dict[tuple[str, frozenset[str]], bool] = field(default_factory=dict)

    def knows(self, code: str) -> bool:
        """Whether the structure was declared."""
        return code in self.parents

    def holds(self, roots: frozenset[str], code: str) -> bool:
        """Whether a structure is one of the roots or below one."""
        asked = (code, roots)
        known = self._answers.get(asked)
        if known is None:
            known = any(above in roots for above in ancestors_of(code, self.parents))
            self._answers[asked] = known
        return known


def judge_source(source: Source | None, event_type: str) -> Verdict | None:
    """Whether the source may say anything of this type."""
    if source is None:
        return Verdict("unknown_source", "the source is not in the register")
    if not source.active:
        return Verdict("inactive_source", "the source was taken out of the register")
    if not source.may_say(event_type):
        return at_fault("type_not_granted", "type", "is not granted to the source")
    return None


def judge_event(
    source: Source, event: AgencyEvent, tree: Tree, stories: Mapping[str, frozenset[str]]
) -> Verdict | None:
    """Whether this source may say this. `stories` are the structures that hold each request of the platform."""
    return (
        _judge_kind(source, event)
        or _judge_structure(source, event, tree)
        or _judge_request(source, event, tree, stories)
    )


def judge_clock(envelope: Envelope, event: AgencyEvent, appended_at: datetime) -> Verdict | None:
    """Whether it happened, and was said, before the broker had it; by the broker's clock, for replays."""
    limit = appended_at + CLOCK_TOLERANCE
    late = said_too_early(envelope, event, limit)
    if late is None and isinstance(event, BulkAnswers) and event.month > f"{limit.astimezone(PARIS):%Y-%m}":
        late = "month: has not begun"
    if late is None:
        return None
    names, _, rule = late.partition(": ")
    return Verdict("in_the_future", late, tuple((name, rule) for name in names.split(", ")))


def story_of(event: AgencyEvent) -> str | None:
    """The platform's request that an answer is about, if it is about one."""
    if isinstance(event, SingleAnswer) and event.request_source == PLATFORM_SOURCE:
        return event.request_id
    return None


def _judge_kind(source: Source, event: AgencyEvent) -> Verdict | None:
    if isinstance(event, FeedbackSubmitted):
        if event.kind not in source.feedback_kinds:
            return at_fault("kind_not_granted", "kind", "is not granted to the source")
    elif isinstance(event, SingleAnswer):
        return _judge_form(event.request_kind, source.single_kinds, source.bulk_kinds)
    elif isinstance(event, BulkAnswers):
        return _judge_form(event.request_kind, source.bulk_kinds, source.single_kinds)
    return None


def _judge_form(kind: RequestKind, granted: frozenset[str], other: frozenset[str]) -> Verdict | None:
    if kind in granted:
        return None
    if kind in other:
        return at_fault("form_not_granted", "form", "is not the one in which the source reports this request_kind")
    return at_fault("kind_not_granted", "request_kind", "is not granted to the source")


def _judge_structure(source: Source, event: AgencyEvent, tree: Tree) -> Verdict | None:
    if not tree.knows(event.structure_code):
        return at_fault("unknown_structure", "structure_code", "was never declared")
    if not tree.holds(source.structure_codes, event.structure_code):
        return at_fault("outside_part", "structure_code", "lies outside the part of the tree of the source")
    if isinstance(event, SingleAnswer) and event.redirected_to is not None and not tree.knows(event.redirected_to):
        return at_fault("unknown_structure", "redirected_to", "was never declared")
    return None


def _judge_request(
    source: Source, event: AgencyEvent, tree: Tree, stories: Mapping[str, frozenset[str]]
) -> Verdict | None:
    """A source speaks about its own requests, and answers the platform's stories about its part of the tree."""
    if isinstance(event, BulkAnswers) or event.request_source in {None, source.code}:
        return None
    if story_of(event) is None:
        return at_fault("foreign_request", "request_source", "is another system's")
    holders = stories.get(event.request_id)
    if holders is None:
        return at_fault("unknown_request", "request_id", "is no request of the platform")
    if not any(tree.holds(source.structure_codes, holder) for holder in holders):
        return at_fault("outside_part", "request_id", "is addressed to a structure outside the part of the source")
    return None
