"""A burst of feedbacks to be scored: skewed over the tree, with duplicates and malformed records.

The load is the same for the same seed and instant, so that runs can be compared.
"""

import random
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from heapq import heappop, heappush
from itertools import accumulate
from operator import itemgetter
from typing import Final
from uuid import UUID

from spplus_contracts import Envelope, FeedbackSubmitted, StructureDeclared

Headers = list[tuple[str, bytes | None]]
DUPLICATE_SHARE: Final = 0.02
MALFORMED_SHARE: Final = 0.001
_OFFICES_PER_DEPARTMENT: Final = 50
_SKEW: Final = 0.9
_REORDER: Final = 5_000
_SEED: Final = 20261123


@dataclass(frozen=True, slots=True)
class Message:
    """A record to be written to the topic."""

    key: bytes
    value: bytes | None
    headers: Headers


Told = tuple[Envelope, FeedbackSubmitted]


@dataclass(frozen=True, slots=True)
class Load:
    """What goes in, and what of it is valid and distinct."""

    structures: list[StructureDeclared]
    messages: list[Message]
    events: list[Told]
    malformed: int
    duplicates: int

    @property
    def mean_bytes(self) -> float:
        """Mean size of a record's value."""
        return sum(len(message.value or b"") for message in self.messages) / len(self.messages)


def a_tree(offices: int) -> list[StructureDeclared]:
    """A root, departments of fifty offices, and the offices."""
    departments = max(1, offices // _OFFICES_PER_DEPARTMENT)
    links = [("root", None), *((f"dep{n}", "root") for n in range(departments))]
    links += [(f"office{n}", f"dep{n % departments}") for n in range(offices)]
    return [
        StructureDeclared.model_validate(
            {
                "code": code,
                "version": 1,
                "name": f"Structure {code}",
                "network": "Banc d'essai",
                "parents": [{"parent_code": parent, "valid_from": date(2015, 1, 1)}] if parent else [],
            }
        )
        for code, parent in links
    ]


def a_load(events: int, offices: int, days: int, now: datetime) -> Load:
    """A load of so many records, duplicates and malformed ones included, told over the last days."""
    messages, told = [], []
    for message, event in stream(events, offices, days, now):
        messages.append(message)
        if event is not None:
            told.append(event)
    return Load(a_tree(offices), messages, told, malformed_of(events), duplicates_of(events))


def duplicates_of(events: int) -> int:
    """How many records of a load repeat another."""
    return int(events * DUPLICATE_SHARE)


def malformed_of(events: int) -> int:
    """How many records of a load cannot be read."""
    return int(events * MALFORMED_SHARE)


def stream(
    events: int, offices: int, days: int, now: datetime, *, seed: int = _SEED
) -> Iterator[tuple[Message, Told | None]]:
    """The records of a load one by one, none kept: with each what it tells, unless it is a repetition or malformed."""
    chance = random.Random(seed)
    duplicates, malformed = duplicates_of(events), malformed_of(events)
    valid = events - duplicates - malformed
    waiting: list[tuple[int, int, Message]] = []
    for place, told in enumerate(_stories(valid, offices, days, now, chance)):
        while waiting and waiting[0][0] <= place:
            yield heappop(waiting)[2], None
        message = message_of(told)
        yield message, told
        if _falls(place, duplicates, valid):
            heappush(waiting, (place + chance.randrange(_REORDER), place, message))
        if _falls(place, malformed, valid):
            yield _spoilt(place * malformed // valid, *told), None
    yield from ((message, None) for _, _, message in sorted(waiting, key=itemgetter(0, 1)))


def _falls(place: int, some: int, of_all: int) -> bool:
    """Whether one of so many, spread evenly over all, falls on this place."""
    return (place + 1) * some // of_all > place * some // of_all


def _stories(count: int, offices: int, days: int, now: datetime, chance: random.Random) -> Iterator[Told]:
    codes = [f"office{n}" for n in range(offices)]
    chance.shuffle(codes)
    weights = list(accumulate(1 / (rank + 1) ** _SKEW for rank in range(offices)))
    for _ in range(count):
        code = codes[bisect(weights, chance.random() * weights[-1], 0, offices - 1)]
        yield a_story(code, now - timedelta(seconds=chance.randrange(3600, days * 86_400)), now, chance)


def a_story(code: str, told_at: datetime, now: datetime, chance: random.Random) -> Told:
    """One story about a structure."""
    event = FeedbackSubmitted.model_validate(_fields(code, told_at, now, chance))
    return Envelope(_uuid7(told_at, chance), "spplus", event.TYPE, told_at, event.key), event


def message_of(told: Told) -> Message:
    """The record that tells it."""
    envelope, event = told
    return Message(event.key.encode(), event.to_json(), [*envelope.headers()])


def _fields(code: str, told_at: datetime, now: datetime, chance: random.Random) -> dict[str, object]:
    due_at = told_at + timedelta(days=chance.choice((15, 30)))
    if abs(due_at - now) < timedelta(hours=2):
        # No deadline may pass while the bench runs, or the judge and the service would look at different instants.
        due_at += timedelta(hours=5)
    request_id = _uuid7(told_at, chance)
    return {
        "request_id": request_id,
        "feedback_id": request_id,
        "structure_code": code,
        "kind": "experience",
        "submitted_at": told_at,
        "channels": chance.sample(("desk", "phone", "email", "online_account"), 2),
        "sentiment": chance.choice(("positive", "positive", "neutral", "negative")),
        "engagements": ["sp-plus-2021/5"],
        "answer_due_at": due_at,
        "announced_at": told_at,
        "due_kind": "rule",
        "department": "31",
    }


def _uuid7(instant: datetime, chance: random.Random) -> str:
    milliseconds = int(instant.timestamp() * 1000)
    return str(
        UUID(int=milliseconds << 80 | 0x7 << 76 | chance.getrandbits(12) << 64 | 0x2 << 62 | chance.getrandbits(62))
    )


def _spoilt(number: int, envelope: Envelope, event: FeedbackSubmitted) -> Message:
    key, value = event.key.encode(), event.to_json()
    headers: Headers = [*envelope.headers()]
    spoilt: list[tuple[bytes | None, Headers]] = [
        (value[:-20], headers),
        (value.replace(b'"structure_code"', b'"structure"'), headers),
        (value, [(name, None if name == "ce_id" else text) for name, text in headers]),
        (None, headers),
        (value, [(name, b"fr.spplus.weather.changed.v1" if name == "ce_type" else text) for name, text in headers]),
    ]
    return Message(key, *spoilt[number % len(spoilt)])
