"""What an agent asks the list for: a view, and filters that narrow it. What cannot be read is said, and left aside."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Literal
from urllib.parse import urlencode

from spplus_contracts.vocabulary import Channel, Sentiment
from spplus_feedback.deadlines import end_of_day
from spplus_feedback.desk.conditions import Filters
from spplus_feedback.desk.due import end_of_week
from spplus_feedback.standing import Status
from spplus_feedback.wording import CHANNELS, SENTIMENTS

View = Literal["attente", "retard", "semaine", "repondues", "closes"]
VIEWS: Final[tuple[View, ...]] = ("attente", "retard", "semaine", "repondues", "closes")
_STATUSES: Final = {"repondues": Status.ANSWERED, "closes": Status.CLOSED}
_FIELDS: Final = ("q", "lieu", "ressenti", "canal", "du", "au")
_LONGEST: Final = 200
_NO_DATE: Final = "Cette date n’existe pas. Écrivez-la ainsi : 2026-03-31."
_BACKWARDS: Final = "La date de fin est avant la date de début."
_FIRST_YEAR: Final = 2000
_LAST_YEAR: Final = 2999


@dataclass(frozen=True, slots=True)
class Asked:
    """The list that is asked for."""

    view: View
    values: dict[str, str]
    """What stands in the fields."""
    filters: Filters
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def narrowed(self) -> bool:
        """Whether any filter is set."""
        return any(self.values.values())

    @property
    def latest_first(self) -> bool:
        """Answers are read from the latest on; what waits, from the soonest due."""
        return self.view == "repondues"

    def link(self, view: View | None = None, *, after: str = "") -> str:
        """The address of this list, of another view of it, or of its next page."""
        pairs = {"vue": view or self.view} | {name: value for name, value in self.values.items() if value}
        return "/espace/demandes?" + urlencode(pairs | ({"apres": after} if after else {}))


def asked(sent: Mapping[str, str], now: datetime) -> Asked:
    """Read the parameters of the list."""
    values = {name: sent.get(name, "").replace("\x00", "").strip()[:_LONGEST] for name in _FIELDS}
    values["ressenti"] = values["ressenti"] if values["ressenti"] in SENTIMENTS else ""
    values["canal"] = values["canal"] if values["canal"] in CHANNELS else ""
    view = next((name for name in VIEWS if name == sent.get("vue")), VIEWS[0])
    errors: dict[str, str] = {}
    first, last = (_day(values[name], name, errors) for name in ("du", "au"))
    if first and last and last < first:
        errors["au"] = _BACKWARDS
    filters = Filters(
        status=_STATUSES.get(view, Status.WAITING),
        due_from=now if view == "semaine" else None,
        due_before={"retard": now, "semaine": _just_after(end_of_week(now))}.get(view),
        sentiment=Sentiment(values["ressenti"]) if values["ressenti"] else None,
        channel=Channel(values["canal"]) if values["canal"] else None,
        submitted_from=end_of_day(first - timedelta(days=1)) if first else None,
        submitted_before=end_of_day(last) if last else None,
        words=values["q"] or None,
    )
    return Asked(view, values, filters, errors)


def _just_after(instant: datetime) -> datetime:
    """A deadline of the end of the week belongs to the week."""
    return instant + timedelta(microseconds=1)


def _day(text: str, name: str, errors: dict[str, str]) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if _FIRST_YEAR <= day.year <= _LAST_YEAR:
        return day
    errors[name] = _NO_DATE
    return None
