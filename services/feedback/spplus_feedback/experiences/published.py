"""An experience as the public reads it: names and days, no instant, no identifier that opens a private page."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from spplus_feedback.experiences.filters import Place
from spplus_feedback.standing import Status


@dataclass(frozen=True, slots=True)
class PublishedAnswer:
    """An answer of a structure."""

    answered_on: date
    text: str | None
    """None where the answer was given by another way: its words are not known here."""


@dataclass(frozen=True, slots=True)
class PublishedRequest:
    """What was told to one structure."""

    structure_code: str
    structure_name: str
    handled_by: str | None
    """Name of the structure it was passed on to."""
    channels: tuple[str, ...]
    status: Status
    answers: tuple[PublishedAnswer, ...]


@dataclass(frozen=True, slots=True)
class Experience:
    """A story whose words are public."""

    public_id: UUID
    published_at: datetime
    """Orders the list; readers are shown its day."""
    published_on: date
    told_on: date
    author: str
    """``citizen`` or ``agent``."""
    proposal: bool
    sentiment: str | None
    title: str | None
    story: str | None
    suggestion: str | None
    requests: tuple[PublishedRequest, ...]
    marked: str | None = None
    """The words with what was looked for between marks, where something was."""

    @property
    def place(self) -> Place:
        """Where it stands in the list."""
        return Place(self.published_at, self.public_id)

    @property
    def changed_on(self) -> date:
        """The day of the latest thing to read in it."""
        answers = [answer.answered_on for request in self.requests for answer in request.answers]
        return max([self.published_on, *answers])
