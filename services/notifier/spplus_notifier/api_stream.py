"""The live stream over HTTP: server-sent events, resumable by any replica."""

import time
from collections.abc import AsyncIterator, Callable
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from spplus_chassis import metrics
from spplus_chassis.problem import Problem
from spplus_contracts.vocabulary import IndicatorCode, StructureCode
from spplus_notifier import sse
from spplus_notifier.feed import Feed, Step
from spplus_notifier.figure_key import parse_key
from spplus_notifier.queries import LoggedChange

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
    indicator_code: IndicatorCode | None = None
    """One indicator."""
    last_event_id: _SEQ | None = None
    """For readers that cannot set the header `Last-Event-ID`."""

    def wants(self, change: LoggedChange) -> bool:
        """Whether a change is asked for."""
        if self.structure_code is None and self.indicator_code is None:
            return True
        key = parse_key(change.figure_key)
        return self.structure_code in {None, key.structure_code} and self.indicator_code in {None, key.indicator_code}


def router(feed: Feed, *, clients: int, heartbeat_seconds: float) -> APIRouter:
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
        says that more was missed than the server keeps: read `/v1/indicators` again. Come back with the id of the
        last event and nothing is missed.
        """
        if open_streams.full:
            raise Problem(503, "every place at the live stream is taken", headers={"Retry-After": "5"})
        after = last_event_id if last_event_id is not None else asked.last_event_id
        steps = feed.listen(after, heartbeat_seconds=heartbeat_seconds)
        body = _written(steps, asked.wants, heartbeat_seconds, open_streams)
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


async def _written(
    steps: AsyncIterator[Step], wants: Callable[[LoggedChange], bool], heartbeat_seconds: float, open_streams: _Counter
) -> AsyncIterator[bytes]:
    open_streams.add(1)
    try:
        start = await anext(steps)
        yield sse.opening(start.seq) + _text(start, wants)
        written_at = time.monotonic()
        async for step in steps:
            text = _text(step, wants)
            # A reader that wants little still hears from us while much happens elsewhere.
            if text or not step.changes or time.monotonic() - written_at > heartbeat_seconds:
                yield text or sse.heartbeat(step.seq)
                written_at = time.monotonic()
    finally:
        open_streams.add(-1)


def _text(step: Step, wants: Callable[[LoggedChange], bool]) -> bytes:
    if step.resync:
        metrics.STREAM_RESYNCS.inc()
        return sse.resync(step.seq)
    return b"".join(sse.change(change) for change in step.changes if wants(change))
