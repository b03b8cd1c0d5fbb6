"""What happens in the year of the demo, before anybody has said it to the platform."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from spplus_contracts import BulkAnswers
from spplus_contracts.vocabulary import Author, Channel, Outcome, RequestKind, Sentiment
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
    bulk_kinds: tuple[RequestKind, ...] = ()


SOURCES: Final = (
    SourceGrant("prefectures-vdb", "Relation usagers des préfectures", Network.PREFECTURE, (RequestKind.EXPERIENCE,)),
    SourceGrant("finances-vdb", "Relation usagers des finances", Network.TAXES, (RequestKind.EXPERIENCE,)),
    SourceGrant("academie-vdb", "Relation usagers de l'académie", Network.SCHOOLS, (RequestKind.EXPERIENCE,)),
    SourceGrant(
        "sante-vdb",
        "Relation assurés",
        Network.HEALTH,
        (RequestKind.EXPERIENCE, RequestKind.LETTER),
        (RequestKind.CALL,),
    ),
    SourceGrant(
        "emploi-vdb", "Relation demandeurs", Network.EMPLOYMENT, (RequestKind.EXPERIENCE, RequestKind.COMPLAINT)
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

    @property
    def by_agent(self) -> bool:
        """Whether it is the proposal of an agent."""
        return self.author is Author.AGENT


@dataclass(frozen=True, slots=True)
class Letter:
    """A request on paper that a source reports one by one; the first act opens it."""

    number: int
    source: str
    kind: RequestKind
    structure_code: str
    received_at: datetime
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """The calls of a month as a source reports them, or corrects them."""

    source: str
    told_at: datetime
    event: BulkAnswers


@dataclass(frozen=True, slots=True)
class Year:
    """Everything that happens, each kind in the order of time."""

    stories: tuple[Story, ...]
    letters: tuple[Letter, ...]
    totals: tuple[Totals, ...]
