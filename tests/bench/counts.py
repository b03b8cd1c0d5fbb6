"""What the comparators must have counted, told by a fold of its own, and the percentiles of waiting times. Pure."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median, quantiles
from zoneinfo import ZoneInfo

from spplus_contracts import StructureDeclared
from tests.bench.load import Told

MONTHLY = b"|experience_count|month|"
"""In the key of a monthly count of experiences."""
PARIS = ZoneInfo("Europe/Paris")
Counts = dict[str, tuple[int, int]]
"""Under structure and month (UTC), how many were positive and how many there were."""


def count(told: Iterable[Told]) -> Counts:
    """Fold the valid, distinct events of a load."""
    total: Counter[str] = Counter()
    positive: Counter[str] = Counter()
    for _, event in told:
        key = f"{event.structure_code}|{event.submitted_at:%Y-%m-01}"
        total[key] += 1
        positive[key] += event.sentiment == "positive"
    return {key: (positive[key], whole) for key, whole in total.items()}


def differences(expected: Counts, published: Mapping[bytes, bytes | None]) -> list[str]:
    """Where the last result under each key is not what it must be, one line each."""
    found = {key.decode(): _counted(value) for key, value in published.items()}
    return [
        f"{key}: published {found.get(key, 'nothing')}, expected {expected.get(key, 'nothing')}"
        for key in sorted(expected.keys() | found.keys())
        if expected.get(key) != found.get(key)
    ]


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """The middle, the slow twentieth, the slow hundredth and the slowest, in milliseconds; empty if there is none."""
    if not seconds:
        return {}
    if len(seconds) == 1:
        return dict.fromkeys(("p50", "p95", "p99", "max"), round(1000 * seconds[0], 1))
    cuts = quantiles(seconds, n=100, method="inclusive")
    marks = {"p50": median(seconds), "p95": cuts[94], "p99": cuts[98], "max": max(seconds)}
    return {name: round(1000 * value, 1) for name, value in marks.items()}


def change(first: float, last: float) -> float:
    """By how many percent the last differs from the first."""
    return 100 * (last - first) / first


def _counted(value: bytes | None) -> tuple[int, int]:
    fields = json.loads(value or b"{}")
    return fields.get("positive", 0), fields.get("total", 0)


class Stories:
    """Counts stories as they are told, and knows the experience counts that must stand: own and descendants'."""

    def __init__(self, structures: Iterable[StructureDeclared]) -> None:
        self._parents = {each.code: [link.parent_code for link in each.parents] for each in structures}
        self._own: Counter[tuple[str, str]] = Counter()

    @property
    def total(self) -> int:
        """How many there were."""
        return self._own.total()

    def add(self, told: Iterable[Told], times: int = 1) -> None:
        """Count stories, each so many times."""
        for _, event in told:
            self._own[event.structure_code, f"{event.submitted_at.astimezone(PARIS):%Y-%m-01}"] += times

    def expected(self) -> dict[bytes, int]:
        """The monthly count that must stand under each key."""
        counts: Counter[bytes] = Counter()
        for (code, month), count in self._own.items():
            for member in self._upwards(code):
                counts[f"{member}|experience_count|month|{month}".encode()] += count
        return dict(counts)

    def differences(self, published: Mapping[bytes, bytes | None]) -> list[str]:
        """Where the published monthly counts are not what they must be, one line each."""
        expected = self.expected()
        found = {
            key: json.loads(value)["n"] for key, value in published.items() if MONTHLY in key and value is not None
        }
        return [
            f"{key.decode()}: published {found.get(key, 'nothing')}, expected {expected.get(key, 'nothing')}"
            for key in sorted(expected.keys() | found.keys())
            if expected.get(key) != found.get(key)
        ]

    def _upwards(self, code: str) -> Iterator[str]:
        while True:
            yield code
            parents = self._parents[code]
            if not parents:
                return
            code = parents[-1]
