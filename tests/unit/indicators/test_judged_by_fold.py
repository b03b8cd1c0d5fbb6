"""The ledger against the judge: whatever was said, in whatever order and how often, both count the same."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from spplus_contracts import BulkAnswers, Envelope, FeedbackSubmitted, FeedbackWithdrawn, SingleAnswer
from spplus_embedded.expected import Counts
from spplus_embedded.fold import Said, count
from spplus_indicators import measures
from spplus_indicators.contribution import contribution
from spplus_indicators.ledger import EMPTY, Row, merge
from spplus_indicators.statements import LedgerEvent, RequestKey, statement_of

START = datetime(2026, 3, 28, 22, 0, tzinfo=UTC)
"""Just before the clocks change and the month ends: every calendar rule is near."""
instants = st.integers(0, 10).map(lambda steps: START + timedelta(hours=12 * steps))
structures = st.sampled_from(["A", "B", "C"])
request_ids = st.sampled_from(["r1", "r1", "r1", "r2"])
feelings = st.sampled_from(["positive", "neutral", "negative"])
scores = st.sampled_from([("0-10", 0, 10), ("0-10", 6, 9), ("1-5", 1, 5), ("1-4", 1, 4)]).flatmap(
    lambda scale: st.fixed_dictionaries({"scale": st.just(scale[0]), "value": st.integers(*scale[1:])})
)
statement = {
    "statement_id": st.none() | st.none() | st.sampled_from(["s1", "s2"]),
    "version": st.integers(1, 3),
    "retracted": st.sampled_from([False] * 7 + [True]),
}
_OUTCOMES = [
    "acknowledged",
    "acknowledged",
    "delay_notice",
    "redirected",
    "redirected",
    "answered",
    "closed_unanswered",
]


@st.composite
def _stories(draw: st.DrawFn) -> dict[str, Any]:
    submitted_at, due_at = draw(instants), draw(st.none() | instants)
    return {
        "request_source": draw(st.none() | st.just("spplus")),
        "feedback_id": "f",
        "structure_code": draw(structures),
        "kind": draw(st.sampled_from(["experience"] * 4 + ["survey", "procedure_rating"])),
        "author": draw(st.sampled_from(["citizen", "citizen", "citizen", "agent"])),
        "submitted_at": submitted_at,
        "sentiment": draw(st.none() | feelings),
        "dimensions": draw(st.none() | st.dictionaries(st.sampled_from(measures.DIMENSIONS), feelings, max_size=2)),
        "score": draw(st.none() | scores),
        "procedure_code": draw(st.sampled_from([None, "p1", "p2"])),
        "answer_expected": draw(st.booleans()),
        "answer_due_at": due_at,
        "announced_at": None if due_at is None else submitted_at,
    }


@st.composite
def _answers(draw: st.DrawFn) -> dict[str, Any]:
    received_at = draw(instants)
    later = st.integers(0, 6).map(lambda steps: received_at + timedelta(hours=12 * steps))
    outcome = draw(st.sampled_from(_OUTCOMES))
    fields = {
        "request_source": draw(st.none() | st.just("spplus")),
        "request_kind": draw(st.sampled_from(["letter", "letter", "email", "complaint", "experience", "call"])),
        "structure_code": draw(structures),
        "channel": draw(st.sampled_from(["mail", "email"])),
        "received_at": received_at,
        "outcome": outcome,
    }
    if outcome in {"acknowledged", "delay_notice"}:
        fields |= {"answer_due_at": draw(instants), "announced_at": draw(later)}
    acted = {"acknowledged": "acknowledged_at", "redirected": "redirected_at", "answered": "answered_at"}
    if outcome in acted:
        fields[acted[outcome]] = draw(later)
    if outcome == "redirected":
        fields["redirected_to"] = draw(structures)
    return fields


@st.composite
def _events(draw: st.DrawFn) -> LedgerEvent:
    sort = draw(st.sampled_from(["story"] * 4 + ["answer"] * 12 + ["totals", "withdrawal"]))
    if sort == "totals":
        due = draw(st.integers(0, 9))
        return BulkAnswers.model_validate(
            {
                "structure_code": draw(structures),
                "request_kind": draw(st.sampled_from(["call", "letter"])),
                "month": draw(st.sampled_from(["2026-03", "2026-04"])),
                "received": 20,
                "answered": draw(st.integers(0, 20)),
                "with_deadline": due,
                "on_time": draw(st.integers(0, due)),
                "version": draw(st.integers(1, 3)),
                "retracted": draw(st.booleans()),
            }
        )
    request_id = draw(request_ids)
    if sort == "withdrawal":
        return FeedbackWithdrawn.model_validate(
            {"request_id": request_id, "structure_code": "A", "reason": "author", "withdrawn_at": START}
        )
    said = {name: draw(strategy) for name, strategy in statement.items()} | {"request_id": request_id}
    if sort == "story":
        return FeedbackSubmitted.model_validate(said | draw(_stories()))
    return SingleAnswer.model_validate(said | draw(_answers()))


@st.composite
def _told(draw: st.DrawFn) -> list[tuple[Envelope, LedgerEvent]]:
    """Events under ids of their own, some of them emitted at the same time."""
    events = draw(st.lists(_events(), min_size=1, max_size=10))
    times = draw(st.lists(st.integers(0, 3), min_size=len(events), max_size=len(events)))
    sources = draw(
        st.lists(st.sampled_from(["spplus", "spplus", "spplus", "agency"]), min_size=len(events), max_size=len(events))
    )
    return [
        (Envelope(f"event-{number}", source, event.TYPE, START + timedelta(minutes=minutes)), event)
        for number, (event, minutes, source) in enumerate(zip(events, times, sources, strict=True))
    ]


def cells_of_ledger(told: list[tuple[Envelope, LedgerEvent]], as_of: datetime) -> Counter[tuple[str, date, str]]:
    rows: dict[RequestKey, Row] = {}
    for envelope, event in told:
        said = statement_of(envelope, event)
        rows[said.request] = merge(rows.get(said.request, EMPTY), [said])
    total: Counter[tuple[str, date, str]] = Counter()
    for row in rows.values():
        total.update(contribution(row, as_of))
    return +total


def cells_of_judge(told: list[tuple[Envelope, Said]], as_of: datetime) -> Counter[tuple[str, date, str]]:
    total: Counter[tuple[str, date, str]] = Counter()
    for (structure_code, month), counts in count(told, as_of).items():
        for measure, amount in _measures(counts).items():
            total[structure_code, month, measure] += amount
    return +total


def _measures(counts: Counts) -> Counter[str]:
    found = Counter({name: amount for name, amount in vars(counts).items() if name not in {"delays", "marks"}})
    found.update(measures.delay(days) for days in counts.delays)
    for code, mark in counts.marks:
        found.update({f"procedure:{code}:n": 1, f"procedure:{code}:sum10": mark})
    return found


@settings(max_examples=400, deadline=None)
@given(_told(), instants, st.data())
def test_ledger_of_any_order_and_repetition_counts_what_the_judge_counts(
    told: list[tuple[Envelope, LedgerEvent]], as_of: datetime, data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(told), max_size=4), label="again")
    arrived = data.draw(st.permutations(told + again), label="arrived")

    assert cells_of_ledger(arrived, as_of) == cells_of_judge([*told], as_of)
