"""Lists of events about few requests, so that they meet: corrections, retractions, redirects, withdrawals, totals."""

from datetime import UTC, datetime, timedelta

from hypothesis import Phase, given, settings
from hypothesis import seed as hypothesis_seed
from hypothesis import strategies as st

from spplus_contracts import BulkAnswers, Envelope, FeedbackSubmitted, FeedbackWithdrawn, SingleAnswer
from spplus_contracts.vocabulary import Author, FeedbackKind, RequestKind, Sentiment
from tests.support.kinds import finer_feelings, scores

Told = tuple[Envelope, FeedbackSubmitted | SingleAnswer | BulkAnswers | FeedbackWithdrawn]

STRUCTURES = ("leaf-1", "leaf-2", "branch", "root")
_START = datetime(2026, 1, 30, 20, 0, tzinfo=UTC)
AS_OF = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
"""Some of the deadlines have passed, some have not."""

_KINDS = (FeedbackKind.EXPERIENCE, FeedbackKind.SURVEY, FeedbackKind.PROCEDURE_RATING)
_sources = st.sampled_from(["spplus", "prefecture"])
_instants = st.integers(0, 60).map(lambda days: _START + timedelta(days=days, hours=days % 7))
_structures = st.sampled_from(STRUCTURES)
_REQUESTS = [RequestKind.EXPERIENCE, RequestKind.LETTER, RequestKind.PROCEDURE, RequestKind.CALL]
_statement = st.fixed_dictionaries(
    {
        "request_source": st.sampled_from([None, "spplus"]),
        "request_id": st.sampled_from(["r1", "r2", "r3"]),
        "statement_id": st.sampled_from([None, "s1", "s2"]),
        "version": st.integers(1, 2),
        "retracted": st.sampled_from([False, False, False, True]),
        "structure_code": _structures,
    }
)


@st.composite
def _feedbacks(draw: st.DrawFn) -> FeedbackSubmitted:
    return FeedbackSubmitted(
        **draw(_statement),
        feedback_id="story",
        kind=draw(st.sampled_from([FeedbackKind.EXPERIENCE, *_KINDS])),
        author=draw(st.sampled_from([Author.CITIZEN, Author.CITIZEN, Author.AGENT])),
        submitted_at=draw(_instants),
        sentiment=draw(st.sampled_from([None, Sentiment.POSITIVE, Sentiment.NEUTRAL, Sentiment.NEGATIVE])),
        dimensions=draw(st.none() | finer_feelings()),
        score=draw(st.none() | scores()),
        procedure_code=draw(st.sampled_from([None, "carte-grise", "passeport"])),
        answer_expected=draw(st.booleans()),
        answer_due_at=draw(st.none() | _instants),
    )


@st.composite
def _answers(draw: st.DrawFn) -> SingleAnswer:
    received_at = draw(_instants)
    later = received_at + timedelta(days=draw(st.integers(0, 40)), hours=3)
    promise = {"answer_due_at": draw(_instants), "announced_at": draw(_instants)} if draw(st.booleans()) else {}
    outcomes = {
        "acknowledged": {"acknowledged_at": later, **promise},
        "delay_notice": promise,
        "redirected": {"redirected_at": later, "redirected_to": draw(_structures)},
        "answered": {"answered_at": later},
        "closed_unanswered": {"closed_at": later},
    }
    outcome = draw(st.sampled_from(list(outcomes)))
    return SingleAnswer(
        **draw(_statement),
        request_kind=draw(st.sampled_from(_REQUESTS)),
        channel=draw(st.sampled_from(["mail", "email"])),
        received_at=received_at,
        outcome=outcome,
        **outcomes[outcome],
    )


@st.composite
def _bulks(draw: st.DrawFn) -> BulkAnswers:
    received, due = draw(st.integers(1, 50)), draw(st.integers(1, 50))
    return BulkAnswers(
        structure_code=draw(_structures),
        request_kind=draw(st.sampled_from([RequestKind.CALL, RequestKind.LETTER])),
        month=draw(st.sampled_from(["2026-01", "2026-02"])),
        received=received,
        answered=draw(st.integers(1, received)),
        with_deadline=due,
        on_time=draw(st.integers(1, due)),
        version=draw(st.integers(1, 2)),
        retracted=draw(st.sampled_from([False, False, False, True])),
    )


@st.composite
def _withdrawals(draw: st.DrawFn) -> FeedbackWithdrawn:
    return FeedbackWithdrawn(
        request_id=draw(st.sampled_from(["r1", "r2", "r3"])),
        request_source=draw(st.sampled_from([None, "spplus"])),
        structure_code=draw(_structures),
        reason="author",
        withdrawn_at=draw(_instants),
    )


@st.composite
def told_events(draw: st.DrawFn) -> Told:
    """One event in its envelope. Few times and ids, so that ties in the total order happen."""
    event = draw(st.one_of(_feedbacks(), _feedbacks(), _answers(), _answers(), _answers(), _bulks(), _withdrawals()))
    return (
        Envelope(
            id=draw(st.sampled_from(["e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8"])),
            source=draw(_sources),
            type=event.TYPE,
            time=draw(st.sampled_from([AS_OF, AS_OF + timedelta(seconds=1)])),
            subject=event.key,
        ),
        event,
    )


def honest(events: list[Told]) -> list[Told]:
    """Without events that say different things under one id: which of them wins is settled, but not by the judge."""
    said: dict = {}
    for envelope, event in sorted(events, key=repr):
        said.setdefault((envelope.source, envelope.id, envelope.type), event)
    return [each for each in events if said[each[0].source, each[0].id, each[0].type] == each[1]]


def some_hearsay(seed: int, count: int = 60) -> list[Told]:
    """A fixed list of events, without the machinery of properties: for tests on real parts."""
    drawn: list[Told] = []

    @settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate])
    @hypothesis_seed(seed)
    @given(told_events())
    def draw(told: Told) -> None:
        drawn.append(told)

    draw()
    return drawn


@st.composite
def hearsay(draw: st.DrawFn, most: int = 14) -> tuple[list[Told], list[Told]]:
    """A list of events, and the same with repetitions and in another order."""
    events = draw(st.lists(told_events(), min_size=1, max_size=most))
    repeated = draw(st.lists(st.sampled_from(events), max_size=6))
    return events, draw(st.permutations(events + repeated))
