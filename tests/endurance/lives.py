"""Lives of requests: what sources say about each, corrected, taken back, redirected, repeated and withdrawn.

Plain random numbers instead of strategies: a million events are made in a minute, the same for the same seed.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from spplus_contracts import BulkAnswers, FeedbackSubmitted, FeedbackWithdrawn, SingleAnswer
from spplus_embedded.fold import Said

PLATFORM: Final = "spplus"
AGENCIES: Final = ("prefecture", "caisse", "impots")
_FEELINGS: Final = ("positive", "positive", "positive", "neutral", "negative", "negative", None)
_FINER: Final = ("accessibility", "information", "relation", "responsiveness", "simplicity")
_LETTERS: Final = (("letter", "mail"), ("email", "email"), ("procedure", "online_procedure"), ("call", "phone"))
_SCALES: Final = (("0-10", 0, 10), ("1-5", 1, 5), ("1-4", 1, 4))
_DAY: Final = timedelta(days=1)


class Utterance(NamedTuple):
    """One thing that a source says."""

    source: str
    event: Said


class Lives:
    """Makes lives of requests, told before `now`; no deadline falls near it, so that waiting changes nothing."""

    def __init__(self, dice: random.Random, now: datetime, codes: list[str]) -> None:
        self._dice = dice
        self._now = now
        self._codes = codes

    def life(self, number: int) -> Iterator[Utterance]:
        """Everything about one request, in no order that matters."""
        chance = self._dice.random()
        if chance < 0.55:
            yield from self._experience(number)
        elif chance < 0.8:
            yield from self._letter(number)
        else:
            yield from self._confidence(number)

    def totals(self, slots: int) -> Iterator[Utterance]:
        """A month's totals, told again with higher versions, and taken back."""
        for number in range(slots):
            received, due = self._dice.randrange(1, 400), self._dice.randrange(1, 90)
            month = f"{self._past(700):%Y-%m}"
            slot = {"structure_code": self._code(), "request_kind": ("call", "letter")[number % 2], "month": month}
            source = self._dice.choice(AGENCIES)
            for version in range(1, self._dice.choice((1, 1, 2, 3)) + 1):
                yield Utterance(
                    source,
                    BulkAnswers(
                        **slot,
                        received=received,
                        answered=self._dice.randint(0, received),
                        with_deadline=due,
                        on_time=self._dice.randint(0, due),
                        version=version,
                        retracted=self._dice.random() < 0.1,
                    ),
                )

    def _experience(self, number: int) -> Iterator[Utterance]:
        told_at, due_at = self._past(400), None
        if self._dice.random() < 0.8:
            due_at = self._due(told_at)
        request = {"request_id": f"q{number}"}
        story = {
            **request,
            "feedback_id": f"f{number}",
            "structure_code": self._code(),
            "kind": "experience",
            "author": "agent" if self._dice.random() < 0.03 else "citizen",
            "submitted_at": told_at,
            "sentiment": self._dice.choice(_FEELINGS),
            "dimensions": {name: self._dice.choice(_FEELINGS[:-1]) for name in _FINER[: self._dice.randrange(3)]},
            "answer_expected": self._dice.random() < 0.9,
            "answer_due_at": due_at,
            "announced_at": due_at and told_at,
            "due_kind": due_at and "rule",
        }
        yield from self._corrected(PLATFORM, FeedbackSubmitted, story, sentiment=self._dice.choice(_FEELINGS))
        yield from self._answers(request | {"request_source": PLATFORM}, "experience", told_at)
        if self._dice.random() < 0.05:
            reason = self._dice.choice(("author", "moderation"))
            withdrawal = {**request, "structure_code": story["structure_code"], "reason": reason}
            yield Utterance(PLATFORM, FeedbackWithdrawn(**withdrawal, withdrawn_at=self._after(told_at)))
        if self._dice.random() < 0.04:  # another source that uses the same id for a story of its own
            other = story | {"structure_code": self._code(), "sentiment": "neutral", "request_source": None}
            yield Utterance(self._dice.choice(AGENCIES), FeedbackSubmitted(**other))

    def _letter(self, number: int) -> Iterator[Utterance]:
        kind, channel = self._dice.choice(_LETTERS)
        received_at = self._past(400)
        yield from self._answers({"request_id": f"l{number}"}, kind, received_at, channel=channel, opened=True)

    def _confidence(self, number: int) -> Iterator[Utterance]:
        scale, low, high = self._dice.choice(_SCALES)
        answer = {
            "request_id": f"c{number}",
            "feedback_id": f"c{number}",
            "structure_code": self._code(),
            "kind": "procedure_rating" if number % 3 else "survey",
            "submitted_at": self._past(400),
            "score": {"scale": scale, "value": self._dice.randint(low, high)},
            "procedure_code": f"procedure-{number % 7}" if number % 3 else None,
            "answer_expected": False,
        }
        again = {"scale": scale, "value": self._dice.randint(low, high)}
        yield from self._corrected(self._dice.choice(AGENCIES), FeedbackSubmitted, answer, score=again)

    def _answers(
        self, request: dict[str, Any], kind: str, received_at: datetime, *, channel: str = "email", opened: bool = False
    ) -> Iterator[Utterance]:
        source = self._dice.choice(AGENCIES)
        said = {**request, "request_kind": kind, "channel": channel, "received_at": received_at}
        if opened or self._dice.random() < 0.3:
            instant, due_at = self._after(received_at, 20), self._due(received_at)
            promise = {"answer_due_at": due_at, "announced_at": instant} if self._dice.random() < 0.7 else {}
            yield from self._said(source, said, "acknowledged", acknowledged_at=instant, **promise)
        if self._dice.random() < 0.1:
            instant = self._after(received_at, 40)
            promise = {"answer_due_at": self._due(instant), "announced_at": instant}
            yield from self._said(source, said, "delay_notice", **promise)
        hops = self._dice.choice((0, 0, 0, 0, 0, 0, 0, 1, 2, 3))
        for _ in range(hops):
            instant = self._after(received_at, 10)
            yield from self._said(source, said, "redirected", redirected_at=instant, redirected_to=self._code())
        if self._dice.random() < 0.6:
            yield from self._said(source, said, "answered", answered_at=self._after(received_at))
        elif self._dice.random() < 0.1:
            yield from self._said(source, said, "closed_unanswered", closed_at=self._after(received_at))
        if self._dice.random() < 0.05:
            other = self._dice.choice(AGENCIES)
            foreign = said | {"request_source": said.get("request_source", source)}
            yield from self._said(other, foreign, "answered", answered_at=self._after(received_at))

    def _said(self, source: str, said: dict[str, Any], outcome: str, **facts: Any) -> Iterator[Utterance]:
        fields = said | facts | {"outcome": outcome, "structure_code": self._code()}
        moved = {name: self._after(said["received_at"]) for name in facts if name in {"answered_at", "redirected_at"}}
        yield from self._corrected(source, SingleAnswer, fields, **moved)

    def _corrected(
        self, source: str, kind: type[FeedbackSubmitted] | type[SingleAnswer], fields: dict[str, Any], **changes: Any
    ) -> Iterator[Utterance]:
        """A statement; sometimes corrected, taken back, and said again after that."""
        chance = self._dice.random()
        if chance > 0.2:
            yield Utterance(source, kind(**fields))
            return
        named = fields | {"statement_id": f"s{self._dice.randrange(4)}-{fields.get('outcome', 'told')}"}
        yield Utterance(source, kind(**named))
        last = named | changes | {"structure_code": self._code()}
        yield Utterance(source, kind(**last, version=2, retracted=chance < 0.08))
        if chance < 0.04:
            yield Utterance(source, kind(**last, version=3))

    def _code(self) -> str:
        return self._codes[int(len(self._codes) * self._dice.random() ** 2)]

    def _past(self, days: int) -> datetime:
        return self._now - timedelta(seconds=self._dice.randrange(2 * 86_400, days * 86_400))

    def _after(self, instant: datetime, days: int = 60) -> datetime:
        later = instant + timedelta(seconds=self._dice.randrange(days * 86_400))
        return min(later, self._now - timedelta(hours=self._dice.randrange(1, 40)))

    def _due(self, instant: datetime) -> datetime:
        due_at = instant + self._dice.choice((15, 30, 60)) * _DAY
        return due_at + 5 * _DAY if abs(due_at - self._now) < 2 * _DAY else due_at
