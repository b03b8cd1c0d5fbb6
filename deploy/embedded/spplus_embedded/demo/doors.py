"""The public doors as clients use them: HTTP with retries, an agency's inbound topic."""

import asyncio
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlencode

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from spplus_contracts import structured
from spplus_contracts.envelope import STRUCTURED
from spplus_contracts.topics import inbound
from spplus_embedded.demo.http_client import Answer, HttpClient
from spplus_embedded.demo.voice import Spoken
from spplus_embedded.errors import PartsError

_TRIES: Final = 40
_LONGEST_PAUSE_SECONDS: Final = 2.0
_SEND_SECONDS: Final = 60.0
_TRY_AGAIN: Final = {409, 429, 502, 503, 504}


class RefusedError(PartsError):
    """A door refused what the demo said; the text is the door's own."""


class HttpDoor:
    """A client of a service that does not give up at once: with an Idempotency-Key, a retry counts once."""

    def __init__(self, address: str, *, connections: int) -> None:
        self._client = HttpClient(address, connections=connections)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.close()

    async def post(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
        """Post JSON and give the answer's."""
        return (await self._until_taken("POST", path, body=body, headers=headers)).json()

    async def delete(self, path: str) -> None:
        """Delete."""
        await self._until_taken("DELETE", path)

    async def get(
        self, path: str, parameters: dict[str, Any], *, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Read JSON."""
        return (await self._until_taken("GET", f"{path}?{urlencode(parameters)}", headers=headers)).json()

    async def _until_taken(
        self, method: str, path: str, *, body: dict[str, Any] | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        last, named = "", path.partition("?")[0]
        for attempt in range(_TRIES):
            try:
                answer = await self._client.request(method, path, body=body, headers=headers)
            except OSError as error:
                last = type(error).__name__
            else:
                if answer.is_success:
                    return answer
                last = f"{answer.status}: {answer.body.decode(errors='replace')[:400]}"
                if answer.status not in _TRY_AGAIN:
                    raise RefusedError(f"{method} {named} was refused with {last}")
            await asyncio.sleep(min(_LONGEST_PAUSE_SECONDS, 0.05 * 2 ** min(attempt, 6)))
        raise RefusedError(f"{method} {named} was not taken after {_TRIES} tries, last with {last}")


class InboundDoor:
    """The inbound topics of the agencies, each written by its own system alone."""

    def __init__(self, servers: str, *, speaks_structured: frozenset[str]) -> None:
        """The sources named in `speaks_structured` send whole CloudEvents as JSON, the others headers and data."""
        self._producer = AIOKafkaProducer(
            bootstrap_servers=servers, acks="all", enable_idempotence=True, linger_ms=20, max_batch_size=262_144
        )
        self._structured = speaks_structured
        self._waiting: list[asyncio.Future[Any]] = []

    async def __aenter__(self) -> Self:
        await self._producer.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._producer.stop()

    async def say(self, source: str, spoken: Spoken) -> None:
        """Send one event on the source's own topic; `settle` says whether Kafka has it."""
        envelope, event = spoken
        data = event.to_json()
        headers = envelope.headers()
        if source in self._structured:
            data, headers = structured(envelope, data), [("content-type", STRUCTURED.encode())]
        sent = await self._producer.send(inbound(source).name, value=data, key=event.key.encode(), headers=headers)
        self._waiting.append(sent)

    async def settle(self) -> None:
        """Wait until Kafka has everything that was said."""
        waiting, self._waiting = self._waiting, []
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                await asyncio.gather(*waiting)
        except (KafkaError, TimeoutError) as error:
            raise PartsError(f"Kafka did not take the agencies' events ({type(error).__name__})") from error
