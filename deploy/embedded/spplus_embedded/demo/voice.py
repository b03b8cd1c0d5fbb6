"""How the year is told: what goes through each door, and what the judge must hear of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, TypeVar

from spplus_chassis.french import PARIS
from spplus_contracts import BulkAnswers, Envelope, FeedbackSubmitted, FeedbackWithdrawn, SingleAnswer
from spplus_contracts.envelope import instant_text
from spplus_contracts.feedback import Score
from spplus_contracts.vocabulary import (
    PLATFORM_SOURCE,
    Channel,
    DueKind,
    FeedbackKind,
    Outcome,
    RequestKind,
    Sentiment,
    WithdrawalReason,
)
from spplus_embedded.demo.facts import Act, Letter, Mark, Story, Totals
from spplus_embedded.fold import Said

_INSTANTS: Final = {
    Outcome.ACKNOWLEDGED: "acknowledged_at",
    Outcome.DELAY_NOTICE: "announced_at",
    Outcome.REDIRECTED: "redirected_at",
    Outcome.ANSWERED: "answered_at",
    Outcome.CLOSED_UNANSWERED: "closed_at",
}
_WORDS: Final = {
    Sentiment.POSITIVE: "Accueil attentif, explications claires : tout a été réglé en une fois.",
    Sentiment.NEUTRAL: "La démarche a abouti, mais j'ai dû revenir avec une pièce de plus.",
    Sentiment.NEGATIVE: "J'attends depuis des semaines et personne ne peut me dire où en est mon dossier.",
    None: "Voici comment cela s'est passé pour moi.",
}

Spoken = tuple[Envelope, Said]
Told = TypeVar("Told", FeedbackSubmitted, SingleAnswer, BulkAnswers, FeedbackWithdrawn)


@dataclass(frozen=True, slots=True)
class Request:
    """What is answered: who knows it, under which name, since when."""

    source: str
    request_id: str
    kind: RequestKind
    received_at: datetime
    channel: Channel = Channel.EMAIL
    """How what is said about it reaches the citizen."""


def story_body(story: Story) -> dict[str, Any]:
    """The story as a citizen's tool posts it."""
    body: dict[str, Any] = {
        "structure_codes": [story.structure_code],
        "submitted_at": instant_text(story.submitted_at),
        "answer_expected": story.answer_expected,
        "channels": sorted(story.channels),
        "engagements": sorted(story.engagements),
    }
    if story.by_agent:
        return body | {"author": "agent", "proposal": True, "suggestion": "Afficher les pièces à fournir à l'entrée."}
    if story.sentiment is not None:
        body["sentiment"] = story.sentiment
    if story.dimensions is not None:
        body["dimensions"] = story.dimensions.model_dump(mode="json", exclude_none=True)
    return body | {"story": _WORDS[story.sentiment]}


def posted(story: Story, accepted: dict[str, Any]) -> tuple[Envelope, FeedbackSubmitted]:
    """What a story that was accepted over HTTP says, by what its author was told."""
    request = accepted["requests"][0]
    due_at = request.get("answer_due_at")
    event = FeedbackSubmitted(
        request_id=request["request_id"],
        feedback_id=accepted["feedback_id"],
        structure_code=story.structure_code,
        kind=FeedbackKind.EXPERIENCE,
        submitted_at=datetime.fromisoformat(accepted["submitted_at"]),
        author=story.author,
        channels=story.channels,
        sentiment=story.sentiment,
        dimensions=story.dimensions,
        engagements=story.engagements,
        proposal=story.by_agent,
        answer_expected=story.answer_expected,
        answer_due_at=None if due_at is None else datetime.fromisoformat(due_at),
    )
    return _spoken(event.request_id, PLATFORM_SOURCE, event, event.submitted_at)


def withdrawn_by_code(story: Story, request_id: str, at: datetime) -> Spoken:
    """What the author who takes the story back makes the platform say."""
    return _withdrawal(story, PLATFORM_SOURCE, request_id, f"{request_id}-withdrawn", at)


def told(story: Story) -> Iterator[Spoken]:
    """What a source says about a story of its own: the first telling, a correction, a withdrawal."""
    request_id = f"story-{story.number}"
    first = FeedbackSubmitted(
        request_id=request_id,
        feedback_id=request_id,
        structure_code=story.structure_code,
        kind=FeedbackKind.EXPERIENCE,
        submitted_at=story.submitted_at,
        channels=story.channels,
        sentiment=story.sentiment,
        dimensions=story.dimensions,
        engagements=story.engagements,
        answer_expected=story.answer_expected,
        answer_due_at=None if story.due_on is None else end_of_day(story.due_on),
        announced_at=None if story.due_on is None else story.submitted_at,
        due_kind=None if story.due_on is None else DueKind.INDICATIVE,
        statement_id=request_id,
    )
    yield _spoken(request_id, story.door, first, story.submitted_at)
    if story.corrected_to is not None:
        second = first.model_copy(update={"version": 2, "sentiment": story.corrected_to})
        yield _spoken(f"{request_id}-2", story.door, second, story.submitted_at + timedelta(minutes=30))
    if story.withdrawn_at is not None:
        yield _withdrawal(story, story.door, request_id, f"{request_id}-withdrawn", story.withdrawn_at)


def marked(mark: Mark) -> Iterator[Spoken]:
    """What a source says about an answer to a survey or the rating of a procedure."""
    request_id = f"mark-{mark.number}"
    first = FeedbackSubmitted(
        request_id=request_id,
        feedback_id=request_id,
        structure_code=mark.structure_code,
        kind=mark.kind,
        submitted_at=mark.submitted_at,
        channels=frozenset() if mark.procedure_code is None else frozenset({Channel.ONLINE_PROCEDURE}),
        score=Score(scale=mark.scale, value=mark.value),
        procedure_code=mark.procedure_code,
        answer_expected=False,
        statement_id=request_id,
    )
    yield _spoken(request_id, mark.source, first, mark.submitted_at)
    if mark.corrected_to is not None:
        better = Score(scale=mark.scale, value=mark.corrected_to)
        second = first.model_copy(update={"version": 2, "score": better})
        yield _spoken(f"{request_id}-2", mark.source, second, mark.submitted_at + timedelta(minutes=30))
    if mark.retracted:
        last = first.model_copy(update={"version": 3, "retracted": True})
        yield _spoken(f"{request_id}-3", mark.source, last, mark.submitted_at + timedelta(minutes=45))


def request_of(story: Story) -> Request:
    """The request of a story that a source told."""
    return Request(story.door, f"story-{story.number}", RequestKind.EXPERIENCE, story.submitted_at)


def paper(letter: Letter) -> Iterator[Spoken]:
    """What a source says about a letter: the first act opens the request."""
    request = Request(letter.source, f"letter-{letter.number}", letter.kind, letter.received_at, letter.channel)
    return acted(letter.acts, request, letter.source)


def acted(acts: tuple[Act, ...], request: Request, source: str) -> Iterator[Spoken]:
    """What becomes of a request, as `source` says it."""
    for rank, act in enumerate(acts):
        yield said(act, request, source, statement_id=f"{request.request_id}-act-{rank}")


def said(act: Act, request: Request, source: str, *, statement_id: str) -> tuple[Envelope, SingleAnswer]:
    """One statement of an agency."""
    fields: dict[str, Any] = {_INSTANTS[act.outcome]: act.at, "redirected_to": act.redirected_to}
    if act.due_on is not None:
        fields |= {"answer_due_at": end_of_day(act.due_on), "announced_at": act.at}
    event = SingleAnswer(
        request_id=request.request_id,
        request_source=None if request.source == source else request.source,
        request_kind=request.kind,
        structure_code=act.structure_code,
        channel=request.channel,
        received_at=request.received_at,
        outcome=act.outcome,
        statement_id=statement_id,
        **fields,
    )
    return _spoken(statement_id, source, event, act.at)


def answer_body(act: Act, *, statement_id: str) -> dict[str, Any]:
    """The statement as an agent's tool posts it."""
    body: dict[str, Any] = {
        "statement_id": statement_id,
        "channel": Channel.EMAIL,
        "outcome": act.outcome,
        _INSTANTS[act.outcome]: instant_text(act.at),
    }
    if act.outcome is Outcome.ANSWERED:
        body["text"] = "Merci de votre retour. Votre dossier est traité ; le détail vous est adressé par courriel."
    if act.redirected_to is not None:
        body["redirected_to"] = act.redirected_to
    if act.due_on is not None:
        body["answer_due_on"] = act.due_on.isoformat()
    return body


def counted(totals: Totals) -> Spoken:
    """The totals of a month."""
    event = totals.event
    event_id = f"{event.request_kind}s-{event.structure_code}-{event.month}-{event.version}"
    return _spoken(event_id, totals.source, event, totals.told_at)


def end_of_day(day: date) -> datetime:
    """24:00 in Paris."""
    return datetime.combine(day + timedelta(days=1), time.min, PARIS).astimezone(UTC)


def _withdrawal(story: Story, source: str, request_id: str, event_id: str, at: datetime) -> Spoken:
    event = FeedbackWithdrawn(
        request_id=request_id,
        structure_code=story.structure_code,
        reason=WithdrawalReason.AUTHOR,
        withdrawn_at=at,
    )
    return _spoken(event_id, source, event, at)


def _spoken(event_id: str, source: str, event: Told, at: datetime) -> tuple[Envelope, Told]:
    return Envelope(id=event_id, source=source, type=event.TYPE, time=at, subject=event.key), event
