"""The judge: what a list of events must lead to, folded plainly and in memory.

It knows the contracts and nothing else of the platform: no ledger, no tally and no formula is shared with the
services. It is written to be read against the rules, not to be fast: it takes a list of everything that was said and
looks at the whole of it, where the services must follow one event after the other.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Generic, TypeVar
from zoneinfo import ZoneInfo

from spplus_contracts import (
    BulkAnswers,
    Envelope,
    FeedbackSubmitted,
    FeedbackWithdrawn,
    SingleAnswer,
    StructureDeclared,
    canonical_json,
)
from spplus_contracts.vocabulary import (
    Author,
    FeedbackKind,
    IndicatorStatus,
    Outcome,
    PeriodKind,
    RequestKind,
    Sentiment,
)
from spplus_embedded.expected import Counts, Expected, Key, figures
from spplus_embedded.forest import Forest

MIN_SAMPLE: Final = 30
_PARIS: Final = ZoneInfo("Europe/Paris")
_TICK: Final = timedelta(microseconds=1)

Said = FeedbackSubmitted | SingleAnswer | BulkAnswers | FeedbackWithdrawn | StructureDeclared
Cell = tuple[str, date]
"""A structure and the first day of a month."""
Event = TypeVar("Event", FeedbackSubmitted, SingleAnswer, BulkAnswers)


@dataclass
class _Statements(Generic[Event]):
    """Statements of one sort, each as its source said it last."""

    winners: dict[tuple[str, ...], tuple[Envelope, Event]] = field(default_factory=dict)

    def hear(self, identity: tuple[str, ...], envelope: Envelope, event: Event) -> None:
        known = self.winners.get(identity)
        if known is None or _strength(envelope, event) > _strength(*known):
            self.winners[identity] = (envelope, event)

    def standing(self) -> list[tuple[Envelope, Event]]:
        """Those that were not taken back, the last told at the end; told alike, ordered by who told them."""
        kept = [(winner, who) for who, winner in self.winners.items() if not winner[1].retracted]
        return [winner for winner, _ in sorted(kept, key=lambda each: (_strength(*each[0])[:3], each[1]))]


@dataclass
class _Request:
    """Everything that was said about one request."""

    submissions: _Statements[FeedbackSubmitted] = field(default_factory=_Statements)
    answers: _Statements[SingleAnswer] = field(default_factory=_Statements)
    withdrawn: bool = False


def fold(events: Iterable[tuple[Envelope, Said]], as_of: datetime, min_sample: int = MIN_SAMPLE) -> dict[Key, Expected]:
    """All figures of months and years at an instant, for each structure that the events declare.

    A figure of a structure pools its own counts and those of all its descendants in the tree of each month.
    """
    heard = list(events)
    forest = Forest(heard)
    pooled: defaultdict[tuple[str, PeriodKind, date], Counts] = defaultdict(Counts)
    for (code, month), counts in count(heard, as_of).items():
        for holder in forest.lineage(code, _day_of_tree(month, as_of)):
            pooled[holder, PeriodKind.MONTH, month].add(counts)
            pooled[holder, PeriodKind.YEAR, month.replace(month=1)].add(counts)
    return {
        Key(code, indicator, kind, start): _as_declared(forest.declared[code], indicator, figure)
        for (code, kind, start), counts in pooled.items()
        for indicator, figure in figures(counts, min_sample)
    }


def count(events: Iterable[tuple[Envelope, Said]], as_of: datetime) -> dict[Cell, Counts]:
    """What each structure, declared or not, has of its own in each month."""
    requests: defaultdict[tuple[str, str], _Request] = defaultdict(_Request)
    slots: _Statements[BulkAnswers] = _Statements()
    for envelope, event in events:
        if isinstance(event, BulkAnswers):
            slots.hear((envelope.source, event.structure_code, event.request_kind, event.month), envelope, event)
        elif not isinstance(event, StructureDeclared):
            _hear(requests[event.request_source or envelope.source, event.request_id], envelope, event)
    cells: defaultdict[Cell, Counts] = defaultdict(Counts)
    for request in requests.values():
        for cell, counts in _of_request(request, as_of):
            cells[cell].add(counts)
    for _, totals in slots.standing():
        month = date.fromisoformat(f"{totals.month}-01")
        cells[totals.structure_code, month].add(_of_totals(totals))
    return dict(cells)


def _hear(request: _Request, envelope: Envelope, event: FeedbackSubmitted | SingleAnswer | FeedbackWithdrawn) -> None:
    if isinstance(event, FeedbackWithdrawn):
        request.withdrawn = True
        return
    identity = (envelope.source, event.statement_id or envelope.id)
    if isinstance(event, FeedbackSubmitted):
        request.submissions.hear(identity, envelope, event)
    else:
        request.answers.hear(identity, envelope, event)


def _strength(envelope: Envelope, event: Event) -> tuple[int, datetime, str, str]:
    """What a source said last: the highest version, then the latest, then the greatest id."""
    return event.version, envelope.time, envelope.id, canonical_json(event.model_dump(mode="json"))


def _of_request(request: _Request, as_of: datetime) -> Iterator[tuple[Cell, Counts]]:
    """What one request adds, all of it at the structure that holds it now."""
    answers = [answer for answer in request.answers.standing() if answer[1].outcome is not Outcome.UNKNOWN]
    submissions = request.submissions.standing()
    if request.withdrawn or not (submissions or answers):
        return
    story = submissions[-1][1] if submissions else None
    opening = min(answers, key=_opening)[1] if answers else None
    answered_at = min((said.answered_at for _, said in answers if said.answered_at is not None), default=None)
    holder = _holder(story or opening, answers)
    if story is not None:
        if story.kind is not FeedbackKind.EXPERIENCE or story.author is not Author.CITIZEN:
            return
        received_at, is_call = story.submitted_at, False
        yield (holder, _month(received_at)), _of_story(story, answered=answered_at is not None)
    elif opening is None or opening.request_kind in {RequestKind.EXPERIENCE, RequestKind.UNKNOWN}:
        return
    else:
        received_at, is_call = opening.received_at, opening.request_kind is RequestKind.CALL
    if is_call:
        yield (holder, _month(received_at)), Counts(calls_received=1, calls_answered=int(answered_at is not None))
    elif answered_at is not None:
        days = (answered_at.astimezone(_PARIS).date() - received_at.astimezone(_PARIS).date()).days
        yield (holder, _month(received_at)), Counts(delays=[max(0, days)])
    due_at = _deadline(story, answers, answered_at)
    if due_at is not None and (answered_at is not None or as_of > due_at):
        on_time = answered_at is not None and answered_at <= due_at
        yield (holder, _month(due_at - _TICK)), Counts(due=1, on_time=int(on_time))


def _of_story(story: FeedbackSubmitted, *, answered: bool) -> Counts:
    return Counts(
        experiences=1,
        positive=int(story.sentiment is Sentiment.POSITIVE),
        neutral=int(story.sentiment is Sentiment.NEUTRAL),
        negative=int(story.sentiment is Sentiment.NEGATIVE),
        answer_expected=int(story.answer_expected),
        answered=int(story.answer_expected and answered),
    )


def _of_totals(totals: BulkAnswers) -> Counts:
    if totals.request_kind is RequestKind.UNKNOWN:
        return Counts()
    is_call = totals.request_kind is RequestKind.CALL
    return Counts(
        due=totals.with_deadline or 0,
        on_time=totals.on_time or 0,
        calls_received=totals.received if is_call else 0,
        calls_answered=totals.answered if is_call else 0,
    )


def _opening(said: tuple[Envelope, SingleAnswer]) -> tuple[datetime, datetime, str, str]:
    """Which statement opened a request that has no story: the first receipt, then the first act."""
    envelope, answer = said
    acts = (answer.acknowledged_at, answer.redirected_at, answer.answered_at, answer.closed_at)
    acted_at = next((act for act in acts if act is not None), answer.received_at)
    return answer.received_at, acted_at, envelope.source, answer.statement_id or envelope.id


def _holder(addressed: FeedbackSubmitted | SingleAnswer | None, answers: list[tuple[Envelope, SingleAnswer]]) -> str:
    """The target of the latest redirect, else the structure addressed."""
    redirects = [
        (answer.redirected_at, envelope.source, answer.statement_id or envelope.id, answer.redirected_to)
        for envelope, answer in answers
        if answer.redirected_at is not None and answer.redirected_to is not None
    ]
    if redirects:
        return max(redirects)[-1]
    return "" if addressed is None else addressed.structure_code


def _deadline(
    story: FeedbackSubmitted | None, answers: list[tuple[Envelope, SingleAnswer]], answered_at: datetime | None
) -> datetime | None:
    """The story's own deadline, else the one announced first, and before the answer."""
    if story is not None and story.answer_due_at is not None:
        return story.answer_due_at
    promises = [
        (answer.announced_at, answer.answer_due_at)
        for _, answer in answers
        if answer.announced_at is not None and answer.answer_due_at is not None
    ]
    kept = [promise for promise in promises if answered_at is None or promise[0] < answered_at]
    return min(kept)[1] if kept else None


def _month(instant: datetime) -> date:
    return instant.astimezone(_PARIS).date().replace(day=1)


def _day_of_tree(month: date, as_of: datetime) -> date:
    """A closed month has the tree of its last day, an open one today's."""
    last = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return min(last, as_of.astimezone(_PARIS).date())


def _as_declared(structure: StructureDeclared, indicator: str, figure: Expected) -> Expected:
    if indicator in structure.not_applicable:
        return Expected(IndicatorStatus.NOT_APPLICABLE, 0)
    return figure
