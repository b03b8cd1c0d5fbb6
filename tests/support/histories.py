"""Random histories of all that scoring reads: hearsay, and declarations of a tree that moves, merges and errs."""

from datetime import date, timedelta

from hypothesis import strategies as st

from spplus_contracts import Envelope, Event, StructureDeclared
from tests.support.builders import a_structure
from tests.support.hearsay import AS_OF, STRUCTURES, told_events

Told = tuple[Envelope, Event]

_FIRST = date(2025, 12, 20)
_days = st.integers(0, 110).map(lambda count: _FIRST + timedelta(days=count))
_codes = st.sampled_from(STRUCTURES)
_parents = st.dictionaries(_days, st.none() | _codes, max_size=3).map(
    lambda links: [{"parent_code": parent, "valid_from": day} for day, parent in sorted(links.items())]
)


@st.composite
def declarations(draw: st.DrawFn) -> tuple[Envelope, StructureDeclared]:
    """Of a few structures, so that they meet: parents over time, closings, mergers, circles, corrections."""
    event = a_structure(
        code=draw(_codes),
        version=draw(st.integers(1, 4)),
        parents=draw(_parents),
        closed_on=draw(st.none() | _days),
        successor_code=draw(st.none() | _codes),
        not_applicable=draw(st.sampled_from([[], [], ["pickup_rate"], ["experience_satisfaction", "answer_rate"]])),
    )
    time = AS_OF + timedelta(seconds=draw(st.integers(-2, 2)))
    return Envelope(f"d{draw(st.integers(0, 30))}", "spplus", event.TYPE, time, event.key), event


def anything() -> st.SearchStrategy[Told]:
    """One event of any kind."""
    return st.one_of(told_events(), told_events(), told_events(), declarations())


class Witness:
    """Remembers what was said, and makes a source that says two things under one id say the second under another."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self._said: dict[tuple[str, str, str], Event] = {}

    def hears(self, told: Told) -> Told:
        """The event as it is to be sent."""
        envelope, event = told
        number = 0
        while self._said.setdefault((envelope.source, envelope.id, envelope.type), event) != event:
            number += 1
            envelope = envelope._replace(id=f"{told[0].id}-{number}")
        heard = (envelope, event)
        if heard not in self.told:
            self.told.append(heard)
        return heard
