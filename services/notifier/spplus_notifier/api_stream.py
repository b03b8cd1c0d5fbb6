"""The live stream over HTTP: server-sent events, resumable by any replica."""

import time
from collections.abc import AsyncIterator, Container, Sequence
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from spplus_chassis import metrics
from spplus_chassis.problem import Problem
from spplus_contracts.vocabulary import Engagement, IndicatorCode, PeriodKind, StructureCode
from spplus_notifier import sse
from spplus_notifier.asking import MOST_INDICATORS
from spplus_notifier.feed import Feed, Step
from spplus_notifier.figure_key import FigureKey
from spplus_notifier.subtrees import Subtrees

_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}
_SEQ = Annotated[int, Field(ge=0, le=2**63 - 1)]


class StreamQuery(BaseModel):
    """Which changes; an unknown parameter is refused."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    structure_code: StructureCode | None = None
    """One structure."""
    subtree: StructureCode | None = None
    """This structure and each one below it, in the tree of the day."""
    indicator_code: Annotated[list[IndicatorCode], Field(max_length=MOST_INDICATORS)] = []
    """One indicator, or several: the parameter may be repeated."""
    engagement: Engagement | None = None
    """One commitment of the programme, as framework/number."""
    period_kind: PeriodKind | None = None
    """Length of the period."""
    last_event_id: _SEQ | None = None
    """For readers that cannot set the header `Last-Event-ID`."""

    @property
    def filter(self) -> str:
        """What is asked for, the same for all who ask for the same."""
        return self.model_dump_json(exclude={"last_event_id"})

    def wants(self, key: FigureKey, engagements: Sequence[str], below: Container[str] | None) -> bool:
        """Whether a change is asked for; `below` holds the codes of `subtree`."""
        return (
            (below is None or key.structure_code in below)
            and self.structure_code in {None, key.structure_code}
            and (not self.indicator_code or key.indicator_code in self.indicator_code)
            and (self.period_kind is None or self.period_kind.value == key.period_kind)
            and (self.engagement is None or self.engagement in engagements)
        )


def router(feed: Feed, subtrees: Subtrees, *, clients: int, heartbeat_seconds: float) -> APIRouter:
    """The route of the stream; at most so many clients at once."""
    routes = APIRouter(prefix="/v1", tags=["open data"])
    open_streams = _Counter(clients)

    @routes.get(
        "/stream",
        response_class=Response,
        responses={200: {"content": {"text/event-stream": {}}, "description": "Changes, in the order of commit"}},
    )
    async def get_stream(
        asked: Annotated[StreamQuery, Query()], last_event_id: Annotated[_SEQ | None, Header()] = None
    ) -> Response:
        """Each change of a figure as it is published.

        `event: indicator` carries IndicatorComputed, `event: removed` the key of a figure taken off, `event: resync`
        says that the server cannot tell all that was missed: read `/v1/indicators` again. Come back with the last id,
        to whichever replica, and nothing is missed; a day is kept by default. A quiet stream sends a comment and its
        id. Who takes nothing for half a minute is cut off and may come back; 503 says that every place is taken.
        """
        if open_streams.full:
            metrics.STREAM_REFUSED.inc()
            raise Problem(503, "every place at the live stream is taken", headers={"Retry-After": "5"})
        after = last_event_id if last_event_id is not None else asked.last_event_id
        steps = feed.listen(after)
        body = _written(steps, _Telling(asked, feed, subtrees), heartbeat_seconds, open_streams)
        return StreamingResponse(body, media_type="text/event-stream", headers=_HEADERS)

    return routes


class _Counter:
    """How many streams are open."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._count = 0

    @property
    def full(self) -> bool:
        return self._count >= self._most

    def add(self, difference: int) -> None:
        self._count += difference
        metrics.STREAM_CLIENTS.set(self._count)


class _Telling:
    """What one reader is told of each step."""

    def __init__(self, asked: StreamQuery, feed: Feed, subtrees: Subtrees) -> None:
        self._asked = asked
        self._filter = asked.filter
        self._feed = feed
        self._subtrees = subtrees

    async def text(self, step: Step) -> bytes:
        """The events that it asked for."""
        if step.resync:
            metrics.STREAM_RESYNCS.inc()
            return sse.resync(step.seq)
        text = step.texts.get(self._filter)
        if text is None:
            text = step.texts[self._filter] = await self._filtered(step)
        return text

    async def _filtered(self, step: Step) -> bytes:
        below = None
        if self._asked.subtree is not None and step.changes:
            below = await self._subtrees.below(self._asked.subtree, self._feed.tree_version)
        wants = self._asked.wants
        return b"".join(told.text for told in step.changes if wants(told.key, told.engagements, below))


async def _written(
    steps: AsyncIterator[Step], telling: _Telling, heartbeat_seconds: float, open_streams: _Counter
) -> AsyncIterator[bytes]:
    open_streams.add(1)
    try:
        start = await anext(steps)
        yield sse.opening(start.seq) + await telling.text(start)
        written_at = time.monotonic()
        async for step in steps:
            text = await telling.text(step)
            # A reader that wants little still hears from us while much happens elsewhere.
            if text or not step.changes or time.monotonic() - written_at > heartbeat_seconds:
                yield text or sse.heartbeat(step.seq)
                written_at = time.monotonic()
    finally:
        open_streams.add(-1)
