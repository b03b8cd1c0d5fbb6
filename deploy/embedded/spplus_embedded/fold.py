"""The judge: what a list of events must lead to, folded plainly and in memory.

It knows the contracts and nothing else of the platform: no ledger, no tally and no formula is shared with the
services. It is written to be read against the rules, not to be fast: it takes a list of everything that was said and
looks at the whole of it, where the services must follow one event after the other.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final, Generic, TypeVar

from spplus_chassis.french import PARIS
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
    Channel,
    FeedbackKind,
    IndicatorStatus,
    Outcome,
    PeriodKind,
    RequestKind,
)
from spplus_embedded.expected import JUDGED, Counts, Expected, Key, figures, survey_figures
from spplus_embedded.forest import Forest
from spplus_embedded.reach import day_of_tree, month_of, periods_of
from spplus_embedded.worth import of_marks, of_story, of_totals

MIN_SAMPLE: Final = 30
_TICK: Final = timedelta(microseconds=1)
_ELECTRONIC_DAYS: Final = 7
_POSTAL_DAYS: Final = 14

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
    """All figures but those of surveys, of the periods in `JUDGED`, for each structure that the events declare.

    A figure of a structure pools its own counts and those of all its descendants in the tree of each month.
    """
    return _folded(events, as_of, lambda counts: figures(counts, min_sample))


def survey_fold(
    events: Iterable[tuple[Envelope, Said]], as_of: datetime, min_sample: int = MIN_SAMPLE
) -> dict[Key, Expected]:
    """What the figures of surveys would be if all of them might appear, by the same rules as `fold`."""
    return _folded(events, as_of, lambda counts: survey_figures(counts, min_sample))


def _folded(
    events: Iterable[tuple[Envelope, Said]],
    as_of: datetime,
    figures_of: Callable[[Counts], Iterator[tuple[str, Expected]]],
) -> dict[Key, Expected]:
    forest, pooled = _pooled(list(events), as_of)
    return {
        Key(code, indicator, kind, start): _as_declared(forest.declared[code], indicator, figure)
        for (code, kind, start), counts in pooled.items()
        for indicator, figure in figures_of(counts)
    }


def _pooled(
    heard: list[tuple[Envelope, Said]], as_of: datetime
) -> tuple[Forest, dict[tuple[str, PeriodKind, date], Counts]]:
    """The trees of structures, and what each structure has with its descendants in each period."""
    forest = Forest(heard)
    pooled: defaultdict[tuple[str, PeriodKind, date], Counts] = defaultdict(Counts)
    for (code, month), counts in count(heard, as_of).items():
        periods = [each for each in periods_of(month, as_of) if each[0] in JUDGED]
        for holder in forest.lineage(code, day_of_tree(month, as_of)):
            for kind, start in periods:
                pooled[holder, kind, start].add(counts)
    return forest, pooled


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
        cells[totals.structure_code, month].add(of_totals(totals))
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
        if story.author is not Author.CITIZEN or story.kind is FeedbackKind.UNKNOWN:
            return
        if story.kind is not FeedbackKind.EXPERIENCE:
            marks = of_marks(story)
            if marks is not None:
                yield (holder, month_of(story.submitted_at)), marks
            return
        received_at, is_call = story.submitted_at, False
        yield (holder, month_of(received_at)), of_story(story, answered=answered_at is not None)
    elif opening is None or opening.request_kind in {RequestKind.EXPERIENCE, RequestKind.UNKNOWN}:
        return
    else:
        received_at, is_call = opening.received_at, opening.request_kind is RequestKind.CALL
    if is_call:
        yield (holder, month_of(received_at)), Counts(calls_received=1, calls_answered=int(answered_at is not None))
    elif answered_at is not None:
        days = (answered_at.astimezone(PARIS).date() - received_at.astimezone(PARIS).date()).days
        yield (holder, month_of(received_at)), Counts(delays=[max(0, days)])
    yield from _of_receipt(None if is_call or story is not None else opening, answers, holder, as_of)
    due_at = _deadline(story, answers, answered_at)
    if due_at is not None and (answered_at is not None or as_of > due_at):
        on_time = answered_at is not None and answered_at <= due_at
        closed = any(said.closed_at is not None for _, said in answers)
        overdue = answered_at is None and not closed
        yield (holder, month_of(due_at - _TICK)), Counts(due=1, on_time=int(on_time), overdue=int(overdue))


def _of_receipt(
    opening: SingleAnswer | None, answers: list[tuple[Envelope, SingleAnswer]], holder: str, as_of: datetime
) -> Iterator[tuple[Cell, Counts]]:
    """Whether the citizen was told in time that the request has arrived; an answer tells it too."""
    if opening is None:
        return
    letter, mail = opening.request_kind is RequestKind.LETTER, opening.request_kind is RequestKind.EMAIL
    postal = letter or (opening.channel is Channel.MAIL and not mail)
    last_day = opening.received_at.astimezone(PARIS).date() + timedelta(_POSTAL_DAYS if postal else _ELECTRONIC_DAYS)
    told = [instant for _, said in answers for instant in (said.acknowledged_at, said.answered_at) if instant]
    # To the very midnight that ends the last day.
    midnight = datetime.combine(last_day + timedelta(1), datetime.min.time(), PARIS).astimezone(UTC)
    in_time = any(instant <= midnight for instant in told)
    if told or as_of > midnight:
        cell = holder, last_day.replace(day=1)
        yield cell, Counts(acknowledgement_due=1, acknowledged_in_time=int(in_time))


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


def _as_declared(structure: StructureDeclared, indicator: str, figure: Expected) -> Expected:
    if indicator in structure.not_applicable:
        return Expected(IndicatorStatus.NOT_APPLICABLE, 0)
    return figure
