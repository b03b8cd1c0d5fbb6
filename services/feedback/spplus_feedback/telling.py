"""From what a client sent to a story: identifiers, instants and codes come from the composition root."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from spplus_feedback.bodies import StoryBody
from spplus_feedback.idempotency import Once
from spplus_feedback.stories import Address, Opinion, Submission, Texts


@dataclass(frozen=True, slots=True)
class Told:
    """What only the program's surroundings know: the time, chance, and who asks."""

    now: datetime
    code: bytes
    new_id: Callable[[], str]
    trace: str | None = None
    """W3C trace context of the present request."""


TellNow = Callable[[], Told]


def submission_of(body: StoryBody, told: Told, *, once: Once | None = None) -> Submission:
    """The story of a client."""
    return Submission(
        feedback_id=told.new_id(),
        addresses=tuple(Address(told.new_id(), code, body.channels) for code in body.structure_codes),
        submitted_at=body.submitted_at or told.now,
        accepted_at=told.now,
        opinion=Opinion(
            sentiment=body.sentiment,
            dimensions=body.dimensions,
            engagements=body.engagements,
            procedure_code=body.procedure_code,
            proposal=body.proposal,
            author=body.author,
            answer_expected=body.answer_expected,
            department=body.department,
            country=body.country,
        ),
        texts=Texts(body.title, body.story, body.suggestion),
        code=told.code,
        once=once,
        trace=told.trace,
    )
