"""Hypothesis strategies for events of one kind, as they are told first: version 1, not taken back.

`strategies.py` has those for any event of a type.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st

from spplus_contracts import BulkAnswers, FeedbackSubmitted, SingleAnswer, StructureDeclared
from spplus_contracts.vocabulary import Author, FeedbackKind, Outcome, RequestKind, ScoreScale, Sentiment
from tests.support.builders import DIMENSIONS, a_bulk, a_feedback, a_rating, a_survey_answer, changed
from tests.support.strategies import answers, bulks, days, feedbacks, listed, structure_codes, structures

_Correctable = TypeVar("_Correctable", FeedbackSubmitted, SingleAnswer, BulkAnswers)
_POST = (RequestKind.LETTER, "mail")
_ELECTRONIC = ((RequestKind.EMAIL, "email"), (RequestKind.PROCEDURE, "online_procedure"))


@st.composite
def scores(draw: st.DrawFn, /, scale: ScoreScale | None = None) -> dict[str, Any]:
    """A mark on any scale, or on the one given."""
    chosen = scale or draw(listed(ScoreScale))
    low, high = map(int, chosen.value.split("-"))
    return {"scale": chosen, "value": draw(st.integers(low, high))}


def finer_feelings() -> st.SearchStrategy[dict[str, Sentiment]]:
    """Any of the five finer feelings, or none."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(DIMENSIONS, listed(Sentiment)))


def survey_answers(*, scale: ScoreScale | None = None, **fixed: Any) -> st.SearchStrategy[FeedbackSubmitted]:
    """Answers of sampled citizens, on any scale."""
    return _marks(FeedbackKind.SURVEY, scale, fixed)


def ratings(*, scale: ScoreScale | None = None, **fixed: Any) -> st.SearchStrategy[FeedbackSubmitted]:
    """Marks of procedures, few of them, so that they meet."""
    codes = st.sampled_from(["carte-grise", "passeport", "permis"])
    return codes.flatmap(lambda code: _marks(FeedbackKind.PROCEDURE_RATING, scale, {"procedure_code": code} | fixed))


def _marks(
    kind: FeedbackKind, scale: ScoreScale | None, fixed: Mapping[str, Any]
) -> st.SearchStrategy[FeedbackSubmitted]:
    def marked(score: dict[str, Any]) -> st.SearchStrategy[FeedbackSubmitted]:
        unawaited = {"answer_expected": False, "answer_due_at": None, "announced_at": None, "due_kind": None}
        fields = {"kind": kind, "author": Author.CITIZEN, "sentiment": None, "dimensions": None, "proposal": False}
        return feedbacks(**fields | unawaited | {"score": score, "version": 1, "retracted": False} | fixed)

    return scores(scale).flatmap(marked)


def experiences(**fixed: Any) -> st.SearchStrategy[FeedbackSubmitted]:
    """Experiences of citizens, with or without finer feelings."""
    fields = {"kind": FeedbackKind.EXPERIENCE, "author": Author.CITIZEN, "version": 1, "retracted": False}
    return finer_feelings().flatmap(lambda finer: feedbacks(**fields | {"dimensions": finer} | fixed))


def by_post(outcome: Outcome | None = None, **fixed: Any) -> st.SearchStrategy[SingleAnswer]:
    """What became of letters that the platform did not know."""
    return _of_request(_POST, outcome, fixed)


def electronic(outcome: Outcome | None = None, **fixed: Any) -> st.SearchStrategy[SingleAnswer]:
    """What became of e-mails and online procedures that the platform did not know."""
    return st.sampled_from(_ELECTRONIC).flatmap(lambda way: _of_request(way, outcome, fixed))


def _of_request(
    way: tuple[RequestKind, str], outcome: Outcome | None, fixed: Mapping[str, Any]
) -> st.SearchStrategy[SingleAnswer]:
    kind, channel = way
    said = {} if outcome is None else {"outcome": outcome}
    return answers(**{"request_kind": kind, "channel": channel, "version": 1, "retracted": False} | said | fixed)


def acknowledgements(**fixed: Any) -> st.SearchStrategy[SingleAnswer]:
    """Receipts acknowledged by post or electronically, with or without a promise."""
    return by_post(Outcome.ACKNOWLEDGED, **fixed) | electronic(Outcome.ACKNOWLEDGED, **fixed)


def delay_notices(**fixed: Any) -> st.SearchStrategy[SingleAnswer]:
    """New promises for requests that are late."""
    return by_post(Outcome.DELAY_NOTICE, **fixed) | electronic(Outcome.DELAY_NOTICE, **fixed)


def redirects(**fixed: Any) -> st.SearchStrategy[SingleAnswer]:
    """Requests handed on; `redirected_to` says to whom."""
    return by_post(Outcome.REDIRECTED, **fixed) | electronic(Outcome.REDIRECTED, **fixed)


def call_totals(**fixed: Any) -> st.SearchStrategy[BulkAnswers]:
    """Totals of the calls of a month."""
    return bulks(**{"request_kind": RequestKind.CALL, "version": 1, "retracted": False} | fixed)


@st.composite
def corrections(draw: st.DrawFn, event: _Correctable, /, **fixed: Any) -> _Correctable:
    """A later version of a statement or slot: corrected as `fixed` says, or taken back."""
    step = draw(st.integers(1, 3))
    return changed(event, **{"version": event.version + step, "retracted": draw(st.booleans())} | fixed)


@st.composite
def successions(draw: st.DrawFn, /, **fixed: Any) -> tuple[StructureDeclared, StructureDeclared]:
    """A structure as it was declared, and as it is declared once closed, with a successor or without."""
    before = draw(structures(**{"version": 1, "active": True, "closed_on": None, "successor_code": None} | fixed))
    successor = draw(st.none() | structure_codes.filter(lambda code: code != before.code))
    closed = {"version": 2, "active": False, "closed_on": draw(days), "successor_code": successor}
    return before, StructureDeclared(**before.model_dump() | closed)


def a_busy_month(structure_code: str, month: str, *, first_id: str = "m") -> list[FeedbackSubmitted | BulkAnswers]:
    """Forty experiences, survey answers and ratings each, and a slot of calls: enough for every figure of a month.

    Fixed, without drawing: three of four feelings are positive, marks go up and down their scales.
    """
    told: list[FeedbackSubmitted | BulkAnswers] = [a_bulk(structure_code=structure_code, month=month)]
    start = a_feedback().submitted_at.replace(year=int(month[:4]), month=int(month[5:]))
    for number in range(40):
        at = {"structure_code": structure_code, "submitted_at": start + timedelta(hours=number)}
        feeling = "negative" if number % 4 == 0 else "positive"
        finer = dict.fromkeys(DIMENSIONS, feeling)
        told += [
            a_feedback(
                request_id=f"{first_id}-e{number}",
                sentiment=feeling,
                dimensions=finer,
                answer_due_at=None,
                announced_at=None,
                due_kind=None,
                **at,
            ),
            a_survey_answer(number % 11, request_id=f"{first_id}-s{number}", **at),
            a_rating(value=10 - number % 3, request_id=f"{first_id}-p{number}", **at),
        ]
    return told
