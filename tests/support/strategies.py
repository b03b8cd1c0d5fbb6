"""Hypothesis strategies for every event of the contracts: any event that a writer can write."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from spplus_contracts import (
    BulkAnswers,
    Event,
    FeedbackSubmitted,
    FeedbackWithdrawn,
    IndicatorComputed,
    SingleAnswer,
    StructureDeclared,
)
from spplus_contracts.closed_list import ClosedList
from spplus_contracts.vocabulary import (
    Author,
    Channel,
    DelayCalendar,
    DueKind,
    FeedbackKind,
    IndicatorStatus,
    IntervalMethod,
    Outcome,
    PeriodKind,
    RequestKind,
    ScoreScale,
    Sentiment,
    Unit,
    WithdrawalReason,
)

opaques = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_-]{0,30}\Z")
structure_codes = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_-]{0,12}\Z")
sources = st.from_regex(r"\A[a-z0-9][a-z0-9-]{0,12}\Z")
indicator_codes = st.from_regex(r"\A[a-z][a-z0-9_]{2,20}\Z")
engagements = st.from_regex(r"\Asp-plus-20(21|23)/[1-9]\Z")
departments = st.sampled_from(["01", "2A", "31", "75", "95", "971", "988"])
instants = st.datetimes(datetime(2015, 1, 1), datetime(2096, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made aware
days = st.dates(date(2015, 1, 1), date(2096, 1, 1))
versions = st.integers(1, 2_147_483_647)
counts = st.integers(0, 1_000_000_000)
public_names = st.text(st.characters(categories=["L", "N", "Zs"]), min_size=1, max_size=60)
_parts = st.floats(0, 1e9)
_figures = {
    Unit.RATE: st.floats(0, 1),
    Unit.POINTS: st.floats(-100, 100),
    Unit.DAYS: st.floats(0, 4000),
    Unit.COUNT: st.integers(0, 1_000_000_000).map(float),
}


def listed(values: type[ClosedList]) -> st.SearchStrategy[Any]:
    """A value that a writer may say."""
    return st.sampled_from([value for value in values if value.value != "unknown"])


def _optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


_statement = {
    "statement_id": _optional(opaques),
    "version": versions,
    "retracted": st.booleans(),
}


@st.composite
def feedbacks(draw: st.DrawFn, /, **fixed: Any) -> FeedbackSubmitted:
    """Any opinion; the fields in `fixed` are as given."""
    due_at = draw(_optional(instants))
    scale = draw(listed(ScoreScale))
    low, high = (int(bound) for bound in scale.value.split("-"))
    fields = {
        **{name: draw(strategy) for name, strategy in _statement.items()},
        "request_id": draw(opaques),
        "request_source": draw(_optional(sources)),
        "feedback_id": draw(opaques),
        "structure_code": draw(structure_codes),
        "kind": draw(listed(FeedbackKind)),
        "submitted_at": draw(instants),
        "author": draw(listed(Author)),
        "channels": draw(st.frozensets(listed(Channel), max_size=4)),
        "sentiment": draw(_optional(listed(Sentiment))),
        "dimensions": draw(_optional(st.fixed_dictionaries({}, optional=_DIMENSIONS))),
        "score": draw(_optional(st.fixed_dictionaries({"scale": st.just(scale), "value": st.integers(low, high)}))),
        "procedure_code": draw(_optional(opaques.map(lambda code: code[:64]))),
        "engagements": draw(st.frozensets(engagements, max_size=3)),
        "proposal": draw(st.booleans()),
        "answer_expected": draw(st.booleans()),
        "answer_due_at": due_at,
        "announced_at": None if due_at is None else draw(_optional(instants)),
        "due_kind": None if due_at is None else draw(_optional(listed(DueKind))),
        "department": draw(_optional(departments)),
        "country": draw(_optional(st.sampled_from(["FR", "BE", "DE"]))),
    }
    return FeedbackSubmitted(**fields | fixed)


_DIMENSIONS = {
    name: listed(Sentiment) for name in ("accessibility", "information", "relation", "responsiveness", "simplicity")
}


@st.composite
def answers(draw: st.DrawFn, /, **fixed: Any) -> SingleAnswer:
    """Any statement about one request, with the fields that its outcome asks for."""
    received_at = draw(instants)
    later = st.timedeltas(timedelta(0), timedelta(days=800)).map(lambda delay: received_at + delay)
    outcome = fixed.get("outcome") or draw(listed(Outcome))
    announcement = draw(_optional(st.tuples(instants, instants)))
    fields: dict[str, Any] = {
        **{name: draw(strategy) for name, strategy in _statement.items()},
        "request_id": draw(opaques),
        "request_source": draw(_optional(sources)),
        "request_kind": draw(listed(RequestKind)),
        "structure_code": draw(structure_codes),
        "channel": draw(listed(Channel)),
        "received_at": received_at,
        "outcome": outcome,
    }
    if outcome in {Outcome.ACKNOWLEDGED, Outcome.DELAY_NOTICE} and announcement is not None:
        fields |= {"answer_due_at": announcement[0], "announced_at": announcement[1]}
    if outcome == Outcome.ACKNOWLEDGED:
        fields |= {"acknowledged_at": draw(later)}
    elif outcome == Outcome.REDIRECTED:
        fields |= {"redirected_at": draw(later), "redirected_to": draw(structure_codes)}
    elif outcome == Outcome.ANSWERED:
        fields |= {"answered_at": draw(later)}
    elif outcome == Outcome.CLOSED_UNANSWERED:
        fields |= {"closed_at": draw(_optional(later))}
    return SingleAnswer(**fields | fixed)


@st.composite
def bulks(draw: st.DrawFn, /, **fixed: Any) -> BulkAnswers:
    """Any totals of a month."""
    received = draw(counts)
    due = draw(_optional(counts))
    fields = {
        "structure_code": draw(structure_codes),
        "request_kind": draw(listed(RequestKind)),
        "month": draw(st.from_regex(r"\A20(1[5-9]|[2-9][0-9])-(0[1-9]|1[0-2])\Z")),
        "received": received,
        "answered": draw(st.integers(0, received)),
        "with_deadline": due,
        "on_time": None if due is None else draw(st.integers(0, due)),
        "version": draw(versions),
        "retracted": draw(st.booleans()),
    }
    return BulkAnswers(**fields | fixed)


@st.composite
def withdrawals(draw: st.DrawFn, /, **fixed: Any) -> FeedbackWithdrawn:
    """Any withdrawal."""
    fields = {
        "request_id": draw(opaques),
        "request_source": draw(_optional(sources)),
        "structure_code": draw(structure_codes),
        "reason": draw(listed(WithdrawalReason)),
        "withdrawn_at": draw(instants),
    }
    return FeedbackWithdrawn(**fields | fixed)


@st.composite
def structures(draw: st.DrawFn, /, **fixed: Any) -> StructureDeclared:
    """Any declaration of a structure."""
    link = st.fixed_dictionaries({"parent_code": _optional(structure_codes), "valid_from": days})
    delay = st.fixed_dictionaries({"days": st.integers(1, 730), "calendar": listed(DelayCalendar), "valid_from": days})
    fields = {
        "code": draw(structure_codes),
        "version": draw(versions),
        "name": draw(public_names),
        "public_name": draw(_optional(public_names)),
        "network": draw(public_names),
        "typology": draw(_optional(public_names)),
        "parents": draw(st.lists(link, max_size=2, unique_by=lambda item: item["valid_from"]).map(_ordered)),
        "department": draw(_optional(departments)),
        "post_code": draw(_optional(st.from_regex(r"\A[0-9]{5}\Z"))),
        "town": draw(_optional(public_names)),
        "active": draw(st.booleans()),
        "closed_on": draw(_optional(days)),
        "successor_code": draw(_optional(structure_codes)),
        "announced_delays": draw(st.lists(delay, max_size=2, unique_by=lambda item: item["valid_from"]).map(_ordered)),
        "not_applicable": draw(st.lists(indicator_codes, max_size=2, unique=True)),
    }
    return StructureDeclared(**fields | fixed)


def _ordered(dated: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(dated, key=lambda item: item["valid_from"])


@st.composite
def figures(draw: st.DrawFn, /, **fixed: Any) -> IndicatorComputed:
    """Any published figure."""
    start = draw(days)
    length = st.integers(1, 366).map(lambda count: start + timedelta(days=count))
    status = fixed.get("status") or draw(listed(IndicatorStatus))
    fields: dict[str, Any] = {
        "indicator_code": draw(indicator_codes),
        "method_version": draw(versions),
        "structure_code": draw(structure_codes),
        "period": {"kind": draw(listed(PeriodKind)), "start": start, "end": draw(length)},
        "status": status,
        "n": draw(counts),
        "unit": fixed.get("unit") or draw(listed(Unit)),
        "provisional": draw(st.booleans()),
        "revision": draw(versions),
        "supersedes": draw(_optional(versions)),
        "computed_at": draw(instants),
        "tree_on": draw(days),
        "engagements": draw(st.lists(engagements, max_size=2, unique=True)),
    }
    if status == IndicatorStatus.OK:
        unit = _figures[fields["unit"]]
        low, high = sorted((draw(unit), draw(unit)))
        interval = {"low": low, "high": high, "method": draw(listed(IntervalMethod))}
        fields |= {
            "value": draw(unit),
            "numerator": draw(_optional(_parts)),
            "denominator": draw(_optional(_parts)),
            "interval": draw(_optional(st.just(interval))),
        }
    return IndicatorComputed(**fields | fixed)


def events() -> st.SearchStrategy[Event]:
    """Any event of the contracts."""
    return st.one_of(feedbacks(), answers(), bulks(), withdrawals(), structures(), figures())
