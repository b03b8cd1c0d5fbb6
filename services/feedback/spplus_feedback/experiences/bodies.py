"""Published experiences as JSON."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from spplus_feedback.experiences.numbers import SENTIMENTS, Fate, Numbers, Tally
from spplus_feedback.experiences.passages import passages
from spplus_feedback.experiences.published import Experience, PublishedRequest


class PublicAnswer(BaseModel):
    """An answer of a structure."""

    answered_on: date
    """Day in Europe/Paris."""
    text: str | None
    """None where the answer was given by another way (mail, telephone ...): its words are not known here."""
    by_another_channel: bool


class PublicRequest(BaseModel):
    """What was told to one structure."""

    structure_code: str
    structure_name: str
    handled_by: str | None
    """Name of the structure that it was passed on to."""
    channels: list[str]
    status: Literal["waiting", "answered", "closed", "withdrawn"]
    answers: list[PublicAnswer]


class Passage(BaseModel):
    """A stretch of text around words that were looked for. Plain text: escape it as any other."""

    text: str
    found: bool


class PublicExperience(BaseModel):
    """A story whose words a moderator let through, or that was published elsewhere before."""

    id: UUID
    """Names it on these pages only; it opens nothing else."""
    page: str
    """Path of its page."""
    published_on: date
    """Day in Europe/Paris."""
    told_on: date
    """Day in Europe/Paris."""
    author: str
    proposal: bool
    sentiment: str | None
    title: str | None
    story: str | None
    suggestion: str | None
    structures: list[PublicRequest]
    passages: list[Passage]
    """With `q`: where its words stand in the text."""


class PublicExperiences(BaseModel):
    """A page of experiences, the newest first."""

    items: list[PublicExperience]
    next: str | None
    """Cursor of the page that follows, if there is one."""


class ModerationTally(BaseModel):
    """Stories that came with words, each counted once, by what is decided about it now."""

    submitted: int
    published: int
    published_elsewhere: int
    """Imported: their words were public before they came here."""
    pending: int
    held: int
    """Kept back as probable abuse until a moderator looks at them; not in the figures yet."""
    rejected: int
    """Taken out of the figures by a moderator."""
    withdrawn: int
    """Taken back by their authors."""
    submitted_by_sentiment: dict[str, int]
    """Feelings `positive`, `neutral`, `negative`, `none`."""
    rejected_by_sentiment: dict[str, int]
    rejected_by_reason: dict[str, int]


class ModerationMonth(ModerationTally):
    """The stories told in one month."""

    month: str
    """`YYYY-MM` in Europe/Paris."""


class ModerationNumbers(BaseModel):
    """What moderation did, for everybody to check."""

    total: ModerationTally
    months: list[ModerationMonth]
    """The latest first."""


def numbers_body(numbers: Numbers) -> ModerationNumbers:
    """The numbers of moderation."""
    return ModerationNumbers(
        total=ModerationTally(**_tally(numbers.total)),
        months=[ModerationMonth(month=month, **_tally(tally)) for month, tally in numbers.months.items()],
    )


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "submitted": tally.submitted,
        **{fate.value: tally.fates[fate] for fate in Fate},
        "submitted_by_sentiment": {name: tally.submitted_by_sentiment[name] for name in SENTIMENTS},
        "rejected_by_sentiment": {name: tally.rejected_by_sentiment[name] for name in SENTIMENTS},
        "rejected_by_reason": dict(sorted(tally.rejected_by_reason.items())),
    }


def experience_body(experience: Experience) -> PublicExperience:
    """One experience."""
    return PublicExperience(
        id=experience.public_id,
        page=page_of(experience),
        published_on=experience.published_on,
        told_on=experience.told_on,
        author=experience.author,
        proposal=experience.proposal,
        sentiment=experience.sentiment,
        title=experience.title,
        story=experience.story,
        suggestion=experience.suggestion,
        structures=[_request(request) for request in experience.requests],
        passages=[Passage(text=piece.text, found=piece.found) for piece in passages(experience.marked or "")],
    )


def page_of(experience: Experience) -> str:
    """Path of the page that shows it alone."""
    return f"/experiences/{experience.public_id}"


def _request(request: PublishedRequest) -> PublicRequest:
    return PublicRequest(
        structure_code=request.structure_code,
        structure_name=request.structure_name,
        handled_by=request.handled_by,
        channels=list(request.channels),
        status=request.status.value,
        answers=[
            PublicAnswer(answered_on=answer.answered_on, text=answer.text, by_another_channel=answer.text is None)
            for answer in request.answers
        ],
    )
