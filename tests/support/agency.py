"""An agency's system as the platform sees it: registered, with keys, saying CloudEvents over HTTP."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from spplus_contracts import Envelope, Event, structured
from spplus_feedback.access import EVENT_SCOPES, WHOLE_SOURCE, create_key
from spplus_feedback.gate_rules import Source
from spplus_feedback.sources import save_source
from tests.support.builders import a_bulk, a_feedback, a_withdrawal, an_answer
from tests.support.intake import Door

TOLD_AT = datetime(2024, 3, 5, 9, tzinfo=UTC)
BATCHED = "application/cloudevents-batch+json"
STRUCTURED = "application/cloudevents+json"
AGENCY = Source(
    code="agence",
    name="Une agence",
    feedback_kinds=frozenset({"survey", "experience"}),
    single_kinds=frozenset({"letter", "experience"}),
    bulk_kinds=frozenset({"call"}),
    structure_codes=frozenset({"racine"}),
)
RIVAL = Source(
    code="rivale", name="Une autre", feedback_kinds=frozenset({"survey"}), structure_codes=frozenset({"autre"})
)


def a_survey(**changes: Any) -> Event:
    fields: dict[str, Any] = {"kind": "survey", "structure_code": "guichet", "submitted_at": TOLD_AT}
    return a_feedback(**fields | {"answer_due_at": None, "announced_at": None, "due_kind": None} | changes)


def a_letter(**changes: Any) -> Event:
    fields: dict[str, Any] = {"request_kind": "letter", "structure_code": "guichet"}
    return an_answer("answered", **fields | {"received_at": TOLD_AT, "answered_at": TOLD_AT} | changes)


def some_calls(**changes: Any) -> Event:
    return a_bulk(**{"structure_code": "guichet", "month": "2024-02"} | changes)


def taken_back(**changes: Any) -> Event:
    return a_withdrawal(**{"structure_code": "guichet", "withdrawn_at": TOLD_AT} | changes)


def said(event: Event, event_id: str | None = None, **changes: Any) -> dict[str, Any]:
    """An event in structured mode, with attributes of the envelope changed or, where None, left out."""
    envelope = Envelope(id=event_id or str(uuid4()), source=AGENCY.code, type=event.TYPE, time=TOLD_AT)
    whole = json.loads(structured(envelope, event.to_json())) | changes
    return {name: value for name, value in whole.items() if value is not None}


@dataclass
class Agency:
    """A system with its key at the door of a running service."""

    door: Door
    key: str

    async def post(self, body: bytes | Sequence[Any] | dict[str, Any], **headers: str) -> httpx.Response:
        """Post a body; JSON says by its shape whether it is a batch."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = {"content-type": BATCHED if isinstance(body, bytes | list) else STRUCTURED}
        bearer = {"authorization": f"Bearer {self.key}"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.door.http.post("/v1/events", content=content, headers=kind | bearer | named)

    async def tell(self, *events: Any) -> list[dict[str, Any]]:
        """Post a batch that is read; returns the results."""
        answer = await self.post(list(events))
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert [result["index"] for result in body["results"]] == list(range(len(events)))
        statuses = [result["status"] for result in body["results"]]
        assert [body[name] for name in ("accepted", "duplicate", "refused")] == [
            statuses.count(name) for name in ("accepted", "duplicate", "refused")
        ]
        return body["results"]

    async def verdicts(self, *events: Any) -> list[str]:
        """What became of each event of a batch: its status, or the reason of the refusal."""
        return [result.get("reason") or result["status"] for result in await self.tell(*events)]


async def make_key(dsn: str, *, source: Source = AGENCY, structure: str = WHOLE_SOURCE, scopes: Any = None) -> str:
    """A key that speaks for a source; for all types of events unless told otherwise."""
    connection = await asyncpg.connect(dsn)
    try:
        granted = list(EVENT_SCOPES.values()) if scopes is None else scopes
        return await create_key(connection, name="essai", scopes=granted, structure_code=structure, source=source.code)
    finally:
        await connection.close()


async def register(dsn: str, *sources: Source) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for source in sources:
            await save_source(connection, source)
    finally:
        await connection.close()
