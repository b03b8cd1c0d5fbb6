"""Clients of the public doors that never give up and remember what was accepted: the witnesses of the fault tests."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

import httpx
from aiokafka import AIOKafkaProducer

from spplus_contracts import Envelope, FeedbackSubmitted, FeedbackWithdrawn, SingleAnswer
from spplus_contracts.topics import inbound
from spplus_contracts.vocabulary import PLATFORM_SOURCE, FeedbackKind, Outcome, RequestKind, Sentiment
from spplus_embedded.fold import Said

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


@dataclass
class Citizen:
    """Tells stories by HTTP, answers some with an agent's key, withdraws some; retries until it has an answer."""

    address: Callable[[], str]
    key: str
    witness: Witness
    structures: list[str]
    dice: random.Random

    async def tell(self, client: httpx.AsyncClient) -> None:
        """One story from beginning to end."""
        code, feeling = self.dice.choice(self.structures), self.dice.choice(_FEELINGS)
        submitted_at = datetime.now(UTC)
        body = {"structure_codes": [code], "sentiment": feeling, "submitted_at": submitted_at.isoformat()}
        accepted = await self._until(client, "POST", "/v1/feedback", {202}, json=body, idempotency_key=uuid4().hex)
        told = accepted.json()
        request_id = told["requests"][0]["request_id"]
        self.witness.hears(
            FeedbackSubmitted(
                request_id=request_id,
                feedback_id=told["feedback_id"],
                structure_code=code,
                kind=FeedbackKind.EXPERIENCE,
                submitted_at=submitted_at,
                sentiment=feeling,
            )
        )
        what_next = self.dice.random()
        if what_next < 0.4:
            await self._answer(client, request_id, code, submitted_at)
        elif what_next < 0.5:
            await self._withdraw(client, told["code"], request_id, code)

    async def _answer(self, client: httpx.AsyncClient, request_id: str, code: str, submitted_at: datetime) -> None:
        answered_at = datetime.now(UTC)
        statement = f"s-{request_id}"[:100]
        body = {"outcome": "answered", "answered_at": answered_at.isoformat(), "statement_id": statement}
        await self._until(client, "POST", f"/v1/requests/{request_id}/answer", {200, 202}, json=body, key=self.key)
        self.witness.hears(
            SingleAnswer(
                request_id=request_id,
                request_kind=RequestKind.EXPERIENCE,
                structure_code=code,
                channel="online_account",
                received_at=submitted_at,
                outcome=Outcome.ANSWERED,
                answered_at=answered_at,
                statement_id=statement,
            )
        )

    async def _withdraw(self, client: httpx.AsyncClient, follow_up: str, request_id: str, code: str) -> None:
        await self._until(client, "DELETE", f"/v1/feedback/{follow_up}", {200, 202, 204, 410})
        self.witness.hears(
            FeedbackWithdrawn(
                request_id=request_id, structure_code=code, reason="author", withdrawn_at=datetime.now(UTC)
            )
        )

    async def _until(
        self,
        client: httpx.AsyncClient,
        method: str,
        path: str,
        good: set[int],
        *,
        json: dict | None = None,
        key: str | None = None,
        idempotency_key: str | None = None,
    ) -> httpx.Response:
        headers = {}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        for _ in range(600):
            try:
                answer = await client.request(method, self.address() + path, json=json, headers=headers)
            except httpx.TransportError:
                await asyncio.sleep(0.1)
                continue
            if answer.status_code in good:
                return answer
            assert answer.status_code in {409, 429, 502, 503}, f"{method} {path}: {answer.status_code} {answer.text}"
            await asyncio.sleep(0.1)
        message = f"{method} {path} had no answer in a minute"
        raise AssertionError(message)


POISON = [
    (b"k", b"{", [("ce_id", b"p1")]),
    (b"k", b"\xff\xfe", []),
    (b"k", None, []),
    (None, b"{}", [("ce_type", None)]),
    (b"k", b"[]", [("content-type", b"application/cloudevents+json")]),
]
"""Records that no source should send; each must be refused once."""


async def send_inbound(
    bootstrap: str, source: str, events: list[FeedbackSubmitted], witness: Witness, *, poison: bool = True
) -> int:
    """Send an agency's events to its own topic, each twice, with poison in between; returns how many were poison."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, enable_idempotence=True, acks="all", request_timeout_ms=5000, retry_backoff_ms=100
    )
    await producer.start()
    topic, refused = inbound(source).name, 0
    try:
        for number, event in enumerate(events):
            envelope = witness.hears(event, source=source)
            for _ in range(2):
                await producer.send(topic, event.to_json(), key=event.key.encode(), headers=envelope.headers())
            if poison and number % 50 == 0:
                key, value, headers = POISON[(number // 50) % len(POISON)]
                await producer.send(topic, value, key=key, headers=headers)
                refused += 1
        await producer.flush()
    finally:
        await producer.stop()
    return refused
