"""The official file of experiences, row by row: dates, feelings, channels, up to three structures."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Final

from spplus_chassis.french import PARIS
from spplus_contracts.feedback import Dimensions
from spplus_contracts.vocabulary import EPOCH, Channel, Sentiment
from spplus_feedback.deadlines import paris_day
from spplus_feedback.imports.table import Row, Unreadable
from spplus_feedback.official_columns import (
    ANSWERED,
    COLUMNS,
    COUNTRY,
    DIMENSIONS,
    FEELING,
    ID,
    POSITIONS,
    POST_CODE,
    PUBLISHED,
    STATE,
    STORY,
    TITLE,
    WRITTEN,
    answer_id_of,
    feedback_id_of,
    request_id_of,
)
from spplus_feedback.structures import folded

_KEPT: Final = tuple(column for column in COLUMNS if column not in {ID, TITLE, STORY})
REQUIRED: Final = frozenset({ID, WRITTEN, FEELING, "Intitulé structure 1"})

_ANSWER_COLUMNS: Final = tuple(
    f"{column} structure {position}" for position in POSITIONS for column in ("Réponse", "Statut réponse")
)
_DATE: Final = re.compile(
    r"^(?:(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})|(?P<dd>\d{2})/(?P<mm>\d{2})/(?P<yyyy>\d{4}))"
    r"(?:[T ](?P<time>\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?)?$"
)
_NOON: Final = time(12)
_FEELINGS: Final = {"positif": Sentiment.POSITIVE, "neutre": Sentiment.NEUTRAL, "negatif": Sentiment.NEGATIVE}
_CHANNELS: Final = {
    "accueil": Channel.DESK,
    "telephone": Channel.PHONE,
    "e mail": Channel.EMAIL,
    "email": Channel.EMAIL,
    "courriel": Channel.EMAIL,
    "courrier": Channel.MAIL,
    "demarche en ligne": Channel.ONLINE_PROCEDURE,
    "compte ou espace personnel": Channel.ONLINE_ACCOUNT,
    "tchat messagerie instantanee": Channel.CHAT,
    "tchat": Channel.CHAT,
    "reseaux sociaux": Channel.SOCIAL_NETWORK,
    "visioconference": Channel.VIDEO,
    "visio": Channel.VIDEO,
    "patrouille": Channel.PATROL,
    "autre": Channel.OTHER,
    "autres": Channel.OTHER,
}
_NO: Final = frozenset({"", "non", "0", "false"})
_YES: Final = frozenset({"oui", "1", "true"})
_ANSWERED_STATES: Final = frozenset({"repondu", "repondue", "publie", "publiee", "traite", "traitee"})


@dataclass(frozen=True, slots=True)
class NamedStructure:
    """One of the structures that an experience names."""

    position: int
    title: str
    typology: str
    channels: frozenset[Channel]
    answered: bool
    answer_text: str | None


@dataclass(frozen=True, slots=True)
class ToldExperience:
    """One experience of the file."""

    line: int
    official_id: str
    written_at: datetime
    published_at: datetime
    """When its words were made public; when it was written, where the file does not tell."""
    answered_at: datetime | None
    title: str
    story: str
    sentiment: Sentiment | None
    dimensions: Dimensions | None
    department: str | None
    country: str | None
    answer_expected: bool
    """False where the file tells nothing of answers: then silence is not known to be silence."""
    structures: tuple[NamedStructure, ...]
    """Never empty; the first may have no title."""
    doubts: tuple[str, ...]
    """Closed codes of what had to be left out or guessed."""
    cells: Mapping[str, str]
    """The official columns as they came, without the empty ones, the id and the texts of the author."""

    @property
    def feedback_id(self) -> str:
        """Derived from the official id, so that a second import finds the first."""
        return feedback_id_of(self.official_id)

    def request_id(self, position: int) -> str:
        """The request to one structure; it does not depend on where the row is attached."""
        return request_id_of(self.official_id, position)

    def answer_id(self, position: int) -> str:
        """The statement that the structure answered."""
        return answer_id_of(self.official_id, position)


def instant_of(text: str) -> datetime | None:
    """An ISO or DD/MM/YYYY date, read in Paris; a date alone is noon, so that its day is right anywhere near."""
    found = _DATE.match(text)
    if found is None:
        return None
    year, month, day = (found["y"], found["m"], found["d"]) if found["y"] else (found["yyyy"], found["mm"], found["dd"])
    try:
        clock = time.fromisoformat(found["time"]) if found["time"] else _NOON
        return datetime.combine(date(int(year), int(month), int(day)), clock, PARIS).astimezone(UTC)
    except ValueError:
        return None


def channels_of(text: str) -> tuple[frozenset[Channel], bool]:
    """The channels of a comma-separated list (any order, repeats, trailing comma), and whether all were known."""
    words = [folded(part) for part in text.split(",")]
    known = frozenset(_CHANNELS.get(word, Channel.OTHER) for word in words if word)
    return known, all(word in _CHANNELS for word in words if word)


def told_experience(row: Row, *, now: datetime) -> ToldExperience | Unreadable:
    """Read one row of the file."""
    written_at = instant_of(row[WRITTEN])
    if not row[ID]:
        return Unreadable(row.line, "missing_id", f"{ID} is empty")
    if written_at is None:
        return Unreadable(row.line, "bad_date", f"{WRITTEN} is neither YYYY-MM-DD nor DD/MM/YYYY")
    if written_at < EPOCH:
        return Unreadable(row.line, "date_too_old", f"{WRITTEN} lies before 2015")
    if paris_day(written_at) > paris_day(now):
        return Unreadable(row.line, "date_in_the_future", f"{WRITTEN} lies in the future")
    written_at = min(written_at, now)
    doubts: list[str] = []
    structures = _structures(row, doubts)
    return ToldExperience(
        line=row.line,
        official_id=row[ID],
        written_at=written_at,
        published_at=_published_at(row, written_at, now, doubts),
        answered_at=_answered_at(row, written_at, now, structures, doubts),
        title=row[TITLE],
        story=row[STORY],
        sentiment=_feeling(row[FEELING], doubts),
        dimensions=_dimensions(row, doubts),
        department=_department(row[POST_CODE]) if folded(row[COUNTRY]) in {"", "france"} else None,
        country="FR" if folded(row[COUNTRY]) == "france" else None,
        answer_expected=bool(row[STATE] or row[ANSWERED]) or any(row[column] for column in _ANSWER_COLUMNS),
        structures=structures,
        doubts=tuple(dict.fromkeys(doubts)),
        cells={column: row[column] for column in _KEPT if row[column]},
    )


def _structures(row: Row, doubts: list[str]) -> tuple[NamedStructure, ...]:
    named = [
        _named(row, position, doubts)
        for position in POSITIONS
        if row[f"Intitulé structure {position}"] or row[f"Intitulé Typologie {position}"]
    ]
    if len(named) == 1 and row[ANSWERED]:
        named = [replace(named[0], answered=True)]  # nobody else can have answered
    return tuple(named) or (_named(row, 1, doubts),)


def _named(row: Row, position: int, doubts: list[str]) -> NamedStructure:
    channels, all_known = channels_of(row[f"Canaux Typologie {position}"])
    if not all_known:
        doubts.append("unknown_channel")
    answer = row[f"Réponse structure {position}"]
    answered = folded(answer) not in _NO or folded(row[f"Statut réponse structure {position}"]) in _ANSWERED_STATES
    return NamedStructure(
        position=position,
        title=row[f"Intitulé structure {position}"],
        typology=row[f"Intitulé Typologie {position}"],
        channels=channels,
        answered=answered,
        answer_text=answer if folded(answer) not in _NO | _YES else None,
    )


def _published_at(row: Row, written_at: datetime, now: datetime, doubts: list[str]) -> datetime:
    """Before `now`: what is imported was public before it came here."""
    instant = instant_of(row[PUBLISHED]) if row[PUBLISHED] else written_at
    if instant is None or paris_day(instant) < paris_day(written_at) or paris_day(instant) > paris_day(now):
        doubts.append("bad_publication_date")
        instant = written_at
    return min(max(instant, written_at), now - datetime.resolution)


def _answered_at(
    row: Row, written_at: datetime, now: datetime, structures: tuple[NamedStructure, ...], doubts: list[str]
) -> datetime | None:
    """When the first structure answered, if one did and the date can be believed."""
    answered = any(named.answered for named in structures)
    if not row[ANSWERED]:
        if answered:
            doubts.append("answer_without_date")
        return None
    if not answered:
        doubts.append("answer_without_structure")
        return None
    instant = instant_of(row[ANSWERED])
    if instant is None or paris_day(instant) > paris_day(now):
        doubts.append("bad_answer_date")
        return None
    if paris_day(instant) < paris_day(written_at):
        doubts.append("answer_before_experience")
        return None
    # Dates alone are noon: on the day of the story, or today, the true instant lies between the two.
    return min(max(instant, written_at), now)


def _feeling(text: str, doubts: list[str]) -> Sentiment | None:
    found = _FEELINGS.get(folded(text))
    if found is None and text:
        doubts.append("unknown_feeling")
    return found


def _dimensions(row: Row, doubts: list[str]) -> Dimensions | None:
    rated: Mapping[str, Sentiment | None] = {name: _feeling(row[column], doubts) for name, column in DIMENSIONS.items()}
    return Dimensions(**rated) if any(rated.values()) else None


def _department(post_code: str) -> str | None:
    """The department that a French post code lies in."""
    if not re.fullmatch(r"[0-9]{4,5}", post_code):
        return None
    code = post_code.zfill(5)
    if code.startswith(("97", "98")):
        return code[:3] if code[:3] in {*(f"97{n}" for n in range(1, 9)), "984", "986", "987", "988", "989"} else None
    if code.startswith("20"):
        return "2A" if code < "20200" else "2B"
    return code[:2] if "01" <= code[:2] <= "95" else None
