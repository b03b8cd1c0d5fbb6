"""Waits until intake, ledger, figures and publication agree with what the doors accepted, and lists what does not."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final

import asyncpg

from spplus_chassis.french import PARIS
from spplus_contracts import BulkAnswers, Envelope, IndicatorComputed, StructureDeclared
from spplus_embedded.demo.confidence import ever_given, indiscretions
from spplus_embedded.demo.doors import HttpDoor
from spplus_embedded.demo.player import Heard
from spplus_embedded.demo.tree import Place
from spplus_embedded.demo.voice import Spoken
from spplus_embedded.errors import PartsError
from spplus_embedded.expected import Expected, Key, differences
from spplus_embedded.fold import fold

PATIENCE_SECONDS: Final = 90.0
"""The platform has this long to make any progress before a difference is called one."""
_PAUSE_SECONDS: Final = 0.5
_PAGE: Final = 1000
_SHOWN: Final = 25
_SERVICES: Final = ("feedback", "indicators", "notifier")


class DisagreementError(PartsError):
    """Some count is not what the doors accepted; the text lists the differences."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the platform has got to, at one look."""

    intake: int
    """Requests in the intake's database."""
    ledger: int
    """Requests and totals in the ledger."""
    waiting: int
    """Changes and events that still wait somewhere inside."""

    def __str__(self) -> str:
        return f"intake {self.intake}, ledger {self.ledger}, waiting {self.waiting}"


@dataclass
class Judge:
    """Knows everything that was accepted, and what must follow from it."""

    places: Sequence[Place]
    databases: dict[str, str]
    """Connection URL of each service's database."""
    publication: HttpDoor
    patience_seconds: float = PATIENCE_SECONDS
    expected: dict[Key, Expected] = field(default_factory=dict)
    surveyed: dict[Key, Expected] = field(default_factory=dict)
    """Answers to surveys that were ever given."""
    published: list[IndicatorComputed] = field(default_factory=list)
    _judged: tuple[int, date] | None = field(default=None, init=False)

    async def agree(self, heard: Heard, look: Callable[[Seen], None]) -> None:
        """Return once everything agrees; DisagreementError when the platform stands still in another state."""
        wanted = Seen(heard.http_stories, _rows_of(heard.spoken), 0)
        last: tuple[Any, ...] = ()
        moved_at = time.monotonic()
        while True:
            seen = await self._see()
            look(seen)
            lines = await self._differences(heard) if seen == wanted else [f"{seen}; expected {wanted}"]
            if not lines:
                return
            if (seen, lines) != last:
                last, moved_at = (seen, lines), time.monotonic()
            elif time.monotonic() - moved_at > self.patience_seconds:
                raise await self._disagreement(lines)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _see(self) -> Seen:
        intake = await self._count("feedback", "SELECT count(*) FROM requests")
        ledger = await self._count("indicators", "SELECT count(*) FROM ledger")
        waiting = await self._count(
            "indicators", "SELECT (SELECT count(*) FROM marks) + (SELECT count(*) FROM publication_queue)"
        )
        for service in ("feedback", "indicators"):
            waiting += await self._count(service, "SELECT count(*) FROM outbox")
        return Seen(intake, ledger, waiting)

    async def _differences(self, heard: Heard) -> list[str]:
        now = datetime.now(UTC)
        judged = (len(heard.spoken), now.astimezone(PARIS).date())
        if judged != self._judged:
            told: list[tuple[Envelope, Any]] = [*_declarations(self.places, now), *heard.spoken]
            self.expected = await asyncio.to_thread(fold, told, now)
            self.surveyed = ever_given(told, now)
            self._judged = judged
        self.published = await self._current_figures()
        return [*differences(self.expected, self.published), *indiscretions(self.surveyed, self.published)]

    async def _current_figures(self) -> list[IndicatorComputed]:
        found: list[IndicatorComputed] = []
        parameters: dict[str, Any] = {"limit": _PAGE}
        while True:
            page = await self.publication.get("/v1/indicators", parameters)
            found += [IndicatorComputed.read(item) for item in page["items"]]
            if page["next"] is None:
                return found
            parameters["cursor"] = page["next"]

    async def _count(self, service: str, query: str) -> int:
        connection = await asyncpg.connect(self.databases[service], timeout=30)
        try:
            return int(await connection.fetchval(query))
        finally:
            await connection.close()

    async def _disagreement(self, lines: list[str]) -> DisagreementError:
        shown = [*lines[:_SHOWN], *([f"... and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else [])]
        for service in _SERVICES:
            refused = await self._count(service, "SELECT count(*) FROM dead_letters")
            if refused:
                shown.append(f"{service} holds {refused} dead letters")
        return DisagreementError("the figures disagree with what was accepted:\n  " + "\n  ".join(shown))


def _rows_of(spoken: Sequence[Spoken]) -> int:
    """Requests and slots of totals that the ledger must hold."""
    rows: set[tuple[str, ...]] = set()
    for envelope, event in spoken:
        if isinstance(event, BulkAnswers):
            rows.add((envelope.source, event.structure_code, event.request_kind, event.month))
        elif not isinstance(event, StructureDeclared):
            rows.add((event.request_source or envelope.source, event.request_id))
    return len(rows)


def _declarations(places: Sequence[Place], now: datetime) -> list[tuple[Envelope, StructureDeclared]]:
    return [
        (Envelope(id=place.code, source="spplus", type=StructureDeclared.TYPE, time=now), place.declared())
        for place in places
    ]
