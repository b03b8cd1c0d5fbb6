"""Clients of the public doors that never give up and remember what was accepted: the witnesses of the fault tests."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Self
from uuid import uuid4

import httpx
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from spplus_contracts import BulkAnswers, Envelope, FeedbackSubmitted, FeedbackWithdrawn, SingleAnswer
from spplus_contracts.topics import inbound
from spplus_contracts.vocabulary import PLATFORM_SOURCE, FeedbackKind, Outcome, RequestKind, Sentiment
from spplus_embedded.fold import Said
from tests.support.poison import Poison, poison

PATIENCE_SECONDS = 60
"""A door that does not take anything for so long has failed its clients."""
_AGAIN_SECONDS = 0.1
_BUSY = {409, 429, 502, 503}
_FEELINGS = [Sentiment.POSITIVE] * 5 + [Sentiment.NEUTRAL] * 2 + [Sentiment.NEGATIVE] * 3


@dataclass
class Witness:
    """What the outside world knows to have been accepted, as the events that must come of it."""

    said: list[tuple[Envelope, Said]] = field(default_factory=list)

    def hears(self, event: Said, *, source: str = PLATFORM_SOURCE, event_id: str | None = None) -> Envelope:
        """Remember an accepted event."""
        envelope = Envelope(id=event_id or uuid4().hex, source=source, type=event.TYPE, time=datetime.now(UTC))
        self.said.append((envelope, event))
        return envelope

    def requests(self) -> set[tuple[str, str]]:
        """Source and id of every request spoken of; totals have none."""
        return {
            (event.request_source or envelope.source, event.request_id)
            for envelope, event in self.said
            if isinstance(event, FeedbackSubmitted | SingleAnswer | FeedbackWithdrawn)
        }


@dataclass
class Citizen:
    """Tells stories by HTTP, answers some with an agent's key, withdraws some; retries until it has an answer."""

    address: str
    key: str
    witness: Witness
    structures: list[str]
    dice: random.Random
    told: int = 0
    retries: int = 0

    async def tell(self, client: httpx.AsyncClient) -> None:
        """One story from beginning to end."""
        code, feeling = self.dice.choice(self.structures), self.dice.choice(_FEELINGS)
        submitted_at = datetime.now(UTC) - timedelta(days=self.dice.randrange(70))
        body = {"structure_codes": [code], "sentiment": feeling, "submitted_at": submitted_at.isoformat()}
        once = {"Idempotency-Key": uuid4().hex}
        accepted = (await self._until(client, "POST", "/v1/feedback", {202}, json=body, headers=once)).json()
        self.told += 1
        (request,) = accepted["requests"]
        request_id, due_at = request["request_id"], request.get("answer_due_at")
        story = FeedbackSubmitted(
            request_id=request_id,
            feedback_id=accepted["feedback_id"],
            structure_code=code,
            kind=FeedbackKind.EXPERIENCE,
            submitted_at=submitted_at,
            sentiment=feeling,
            answer_due_at=due_at and datetime.fromisoformat(due_at),
        )
        self.witness.hears(story, event_id=request_id)
        what_next = self.dice.random()
        if what_next < 0.4:
            await self._answer(client, story)
        elif what_next < 0.5:
            await self._withdraw(client, accepted["code"], story)

    async def _answer(self, client: httpx.AsyncClient, story: FeedbackSubmitted) -> None:
        answered_at = min(datetime.now(UTC), story.submitted_at + timedelta(days=self.dice.randrange(12), hours=1))
        statement = f"answer-to-{story.request_id}"
        body = {"outcome": "answered", "answered_at": answered_at.isoformat(), "statement_id": statement}
        bearer = {"Authorization": f"Bearer {self.key}"}
        path = f"/v1/requests/{story.request_id}/answer"
        await self._until(client, "POST", path, {200}, json=body, headers=bearer)
        self.witness.hears(
            SingleAnswer(
                request_id=story.request_id,
                request_kind=RequestKind.EXPERIENCE,
                structure_code=story.structure_code,
                channel="online_account",
                received_at=story.submitted_at,
                outcome=Outcome.ANSWERED,
                answered_at=answered_at,
                statement_id=statement,
            )
        )

    async def _withdraw(self, client: httpx.AsyncClient, follow_up: str, story: FeedbackSubmitted) -> None:
        await self._until(client, "DELETE", f"/v1/feedback/{follow_up}", {204})
        self.witness.hears(
            FeedbackWithdrawn(
                request_id=story.request_id,
                structure_code=story.structure_code,
                reason="author",
                withdrawn_at=datetime.now(UTC),
            )
        )

    async def _until(
        self, client: httpx.AsyncClient, method: str, path: str, good: set[int], **request: object
    ) -> httpx.Response:
        async def ask() -> httpx.Response | None:
            try:
                answer = await client.request(method, self.address + path, **request)
            except httpx.TransportError:
                return None
            if answer.status_code in _BUSY:
                return None
            assert answer.status_code in good, f"{method} {path}: {answer.status_code} {answer.text}"
            return answer

        return await self._persist(ask, f"{method} {path}")

    async def _persist(self, ask: Callable[[], Awaitable[httpx.Response | None]], what: str) -> httpx.Response:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (answer := await ask()) is None:
                self.retries += 1
                await asyncio.sleep(_AGAIN_SECONDS)
        assert answer is not None, what
        return answer


@dataclass
class Emitter:
    """Writes to topics; sends a record again whenever it is not sure, as a system that must not lose any."""

    bootstrap: str
    resent: int = 0
    _producer: AIOKafkaProducer | None = field(default=None, init=False)

    async def __aenter__(self) -> Self:
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self.bootstrap, acks="all", request_timeout_ms=3000, retry_backoff_ms=100
        )
        await self._producer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._producer.stop()

    async def send(self, topic: str, key: bytes | None, value: bytes | None, headers: list) -> None:
        """Return once the broker has it, perhaps more than once."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                try:
                    await self._producer.send_and_wait(topic, value, key=key, headers=headers)
                except KafkaError:
                    self.resent += 1
                    await asyncio.sleep(_AGAIN_SECONDS)
                else:
                    return


@dataclass
class Agency:
    """Another system: stories, letters and totals of its own on its inbound topic, each twice, poison in between."""

    source: str
    emitter: Emitter
    witness: Witness
    structures: list[str]
    dice: random.Random
    told: int = 0

    async def tell(self) -> None:
        """Say one thing, twice."""
        number = self.told
        self.told += 1
        event = (self._story, self._story, self._letter, self._totals)[number % 4](number)
        envelope = self.witness.hears(event, source=self.source)
        record = (event.key.encode(), event.to_json(), envelope.headers())
        await self.emitter.send(inbound(self.source).name, *record)
        if number % 5 == 0:
            await self.spoil(inbound(self.source).name, self.dice.choice(poison(self.source)))
        await self.emitter.send(inbound(self.source).name, *record)

    async def spoil(self, topic: str, bad: Poison) -> None:
        """Send what nobody should."""
        await self.emitter.send(topic, bad.key, bad.value, bad.marked_headers)

    def _past(self) -> datetime:
        return datetime.now(UTC) - timedelta(days=self.dice.randrange(70))

    def _story(self, number: int) -> FeedbackSubmitted:
        return FeedbackSubmitted(
            request_id=f"story-{number}",
            feedback_id=f"story-{number}",
            structure_code=self.dice.choice(self.structures),
            kind=FeedbackKind.EXPERIENCE,
            submitted_at=self._past(),
            sentiment=self.dice.choice(_FEELINGS),
        )

    def _letter(self, number: int) -> SingleAnswer:
        received_at = self._past()
        return SingleAnswer(
            request_id=f"letter-{number}",
            request_kind=RequestKind.LETTER,
            structure_code=self.dice.choice(self.structures),
            channel="mail",
            received_at=received_at,
            outcome=Outcome.ANSWERED,
            answered_at=min(datetime.now(UTC), received_at + timedelta(days=self.dice.randrange(20))),
            statement_id=f"letter-{number}",
        )

    def _totals(self, number: int) -> BulkAnswers:
        received = 40 + self.dice.randrange(100)
        return BulkAnswers(
            structure_code=self.dice.choice(self.structures),
            request_kind=RequestKind.CALL,
            month=f"{self._past():%Y-%m}",
            received=received,
            answered=self.dice.randrange(received),
            version=number + 1,
        )
