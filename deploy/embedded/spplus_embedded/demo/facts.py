"""What happens in the year of the demo, before anybody has said it to the platform."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from spplus_contracts import BulkAnswers
from spplus_contracts.feedback import Dimensions
from spplus_contracts.vocabulary import (
    Author,
    Channel,
    FeedbackKind,
    Outcome,
    RequestKind,
    ScoreScale,
    Sentiment,
)
from spplus_embedded.demo.tree import Network

HTTP: Final = "http"
"""The door of citizens; every other door is the inbound topic of a source."""
DESK: Final = "desk"
"""The door of agents."""


@dataclass(frozen=True, slots=True)
class SourceGrant:
    """Another agency's system, as an operator registers it."""

    code: str
    name: str
    network: Network
    single_kinds: tuple[RequestKind, ...]
    survey_scale: ScoreScale
    """Scale on which its surveys ask."""
    bulk_kinds: tuple[RequestKind, ...] = ()
    procedures: tuple[tuple[str, float], ...] = ()
    """Online procedures that citizens rate, each with its typical mark out of 10."""

    @property
    def feedback_kinds(self) -> tuple[FeedbackKind, ...]:
        """Opinions that it passes on."""
        kinds = (FeedbackKind.EXPERIENCE, FeedbackKind.SURVEY)
        return (*kinds, FeedbackKind.PROCEDURE_RATING) if self.procedures else kinds


SOURCES: Final = (
    SourceGrant(
        "prefectures-vdb",
        "Relation usagers des préfectures",
        Network.PREFECTURE,
        (RequestKind.EXPERIENCE,),
        ScoreScale.ZERO_TO_TEN,
        procedures=(("carte-grise", 6.9), ("passeport", 7.7), ("permis-de-conduire", 8.6)),
    ),
    SourceGrant(
        "finances-vdb",
        "Relation usagers des finances",
        Network.TAXES,
        (RequestKind.EXPERIENCE, RequestKind.EMAIL),
        ScoreScale.ZERO_TO_TEN,
        procedures=(("declaration-revenus", 8.8), ("paiement-impots", 9.0), ("reclamation", 6.3)),
    ),
    SourceGrant(
        "academie-vdb",
        "Relation usagers de l'académie",
        Network.SCHOOLS,
        (RequestKind.EXPERIENCE,),
        ScoreScale.ONE_TO_FOUR,
        bulk_kinds=(RequestKind.EMAIL,),
    ),
    SourceGrant(
        "sante-vdb",
        "Relation assurés",
        Network.HEALTH,
        (RequestKind.EXPERIENCE, RequestKind.LETTER),
        ScoreScale.ONE_TO_FIVE,
        bulk_kinds=(RequestKind.CALL,),
        procedures=(("attestation-de-droits", 9.0), ("carte-vitale", 8.4)),
    ),
    SourceGrant(
        "emploi-vdb",
        "Relation demandeurs",
        Network.EMPLOYMENT,
        (RequestKind.EXPERIENCE, RequestKind.COMPLAINT),
        ScoreScale.ZERO_TO_TEN,
    ),
)
SOURCE_OF: Final = {grant.network: grant for grant in SOURCES}


@dataclass(frozen=True, slots=True)
class Act:
    """What an agency says about a request, once."""

    outcome: Outcome
    at: datetime
    structure_code: str
    """Who says it."""
    redirected_to: str | None = None
    due_on: date | None = None
    """Day by the end of which an answer is announced."""


@dataclass(frozen=True, slots=True)
class Story:
    """One feedback, and what becomes of it; `acts` are in the order of time."""

    number: int
    structure_code: str
    door: str
    submitted_at: datetime
    sentiment: Sentiment | None
    author: Author
    channels: frozenset[Channel]
    engagements: frozenset[str]
    answer_expected: bool
    due_on: date | None
    """Announced by the source that tells it; None at the platform's own door, which has its own rule."""
    answered_through: str
    acts: tuple[Act, ...] = ()
    repeated: bool = False
    """Sent twice, by a client that was not sure of the first time."""
    corrected_to: Sentiment | None = None
    """Said again by its source in a second version."""
    withdrawn_at: datetime | None = None
    dimensions: Dimensions | None = None

    @property
    def by_agent(self) -> bool:
        """Whether it is the proposal of an agent."""
        return self.author is Author.AGENT


@dataclass(frozen=True, slots=True)
class Letter:
    """A request in writing that a source reports one by one; the first act opens it."""

    number: int
    source: str
    kind: RequestKind
    channel: Channel
    structure_code: str
    received_at: datetime
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """The answer of a sampled citizen to a survey, or the rating of an online procedure, as a source reports it."""

    number: int
    source: str
    kind: FeedbackKind
    structure_code: str
    submitted_at: datetime
    scale: ScoreScale
    value: int
    procedure_code: str | None = None
    corrected_to: int | None = None
    """Said again in a second version."""
    retracted: bool = False
    """Taken back in a later version."""


@dataclass(frozen=True, slots=True)
class Totals:
    """The calls or e-mails of a month as a source reports them, or corrects them."""

    source: str
    told_at: datetime
    event: BulkAnswers


@dataclass(frozen=True, slots=True)
class Year:
    """Everything that happens, each kind in the order of time."""

    stories: tuple[Story, ...]
    letters: tuple[Letter, ...]
    marks: tuple[Mark, ...]
    totals: tuple[Totals, ...]
