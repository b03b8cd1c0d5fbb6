"""Which figures a webhook asks for."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interest:
    """What must hold of a figure; none means any. At least one is set: nobody is sent everything by mistake."""

    structure_code: str | None = None
    """This structure or one below it."""
    indicator_code: str | None = None
    engagement: str | None = None
    period_kind: str | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """What an interest may ask about a figure that changed."""

    seq: int
    figure_key: str
    structure_code: str
    indicator_code: str
    period_kind: str
    engagements: frozenset[str]


class Interests:
    """Those of all webhooks, found from the structure upwards: the cost of a change is not the number of webhooks."""

    def __init__(self, interests: Iterable[tuple[str, Interest]]) -> None:
        """Each with the webhook's id."""
        self._by_structure: defaultdict[str | None, list[tuple[str, Interest]]] = defaultdict(list)
        for webhook_id, interest in interests:
            self._by_structure[interest.structure_code].append((webhook_id, interest))

    def __bool__(self) -> bool:
        return bool(self._by_structure)

    def of(self, change: Changed, above: Mapping[str, Iterable[str]]) -> Iterator[str]:
        """The webhooks that ask for it. `above` gives a structure's ancestors."""
        for place in (None, change.structure_code, *above.get(change.structure_code, ())):
            for webhook_id, interest in self._by_structure.get(place, ()):
                if _meets(interest, change):
                    yield webhook_id


def _meets(interest: Interest, change: Changed) -> bool:
    return (
        interest.indicator_code in {None, change.indicator_code}
        and interest.period_kind in {None, change.period_kind}
        and (interest.engagement is None or interest.engagement in change.engagements)
    )
