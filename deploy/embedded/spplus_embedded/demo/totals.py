"""What the systems of the region report that know only totals: calls, and the e-mails of the schools' offices."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from random import Random

from spplus_chassis.french import PARIS
from spplus_contracts import BulkAnswers
from spplus_contracts.vocabulary import RequestKind
from spplus_embedded.demo.facts import SOURCE_OF, Totals
from spplus_embedded.demo.quality import pressure
from spplus_embedded.demo.tree import Network, Place, call_centres, local_heads


def monthly_totals(places: Sequence[Place], months: Sequence[date], chance: Random) -> Iterator[Totals]:
    """The totals of each month, told after its end; some of the calls are corrected two hours later."""
    for month in months:
        told_at = _after(month)
        for place in call_centres(places):
            first = _calls(place, month, chance)
            yield Totals(SOURCE_OF[Network.HEALTH].code, told_at, first)
            if chance.choices((True, False), (1, 7))[0]:
                better = first.model_copy(
                    update={"received": first.received + 150, "answered": first.answered + 90, "version": 2}
                )
                yield Totals(SOURCE_OF[Network.HEALTH].code, told_at + timedelta(hours=2), better)
        for place in local_heads(places, Network.SCHOOLS):
            yield Totals(SOURCE_OF[Network.SCHOOLS].code, told_at, _emails(place, month, chance))


def _calls(place: Place, month: date, chance: Random) -> BulkAnswers:
    busy = pressure(Network.HEALTH, month)
    received = int(chance.gauss(9_000, 900) * busy)
    answered = int(received * min(0.99, max(0.5, chance.gauss(0.93, 0.02) - 0.12 * (busy - 1))))
    return BulkAnswers(
        structure_code=place.code,
        request_kind=RequestKind.CALL,
        month=f"{month:%Y-%m}",
        received=received,
        answered=answered,
    )


def _emails(place: Place, month: date, chance: Random) -> BulkAnswers:
    received = int(chance.gauss(140, 15) * pressure(Network.SCHOOLS, month))
    due = int(received * 0.95)
    return BulkAnswers(
        structure_code=place.code,
        request_kind=RequestKind.EMAIL,
        month=f"{month:%Y-%m}",
        received=received,
        answered=int(received * chance.uniform(0.88, 0.97)),
        with_deadline=due,
        on_time=int(due * chance.uniform(0.7, 0.9)),
    )


def _after(month: date) -> datetime:
    """Nine in the morning of the first day after it."""
    return datetime.combine((month + timedelta(days=31)).replace(day=1), time(9), PARIS)
