"""The trace of a request, carried on: from HTTP into the outbox, from there to the bus and to whoever forwards.

It is a pass-through of the W3C header, without a tracer of ours: what is not well made, or longer than the standard
says, is no trace. A figure sums up many events and so begins no trace and carries none.
"""

from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from spplus_contracts.envelope import is_traceparent

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_HEADER: Final = b"traceparent"
_LENGTH: Final = 55
_CURRENT: ContextVar[str | None] = ContextVar("traceparent", default=None)


def current_trace() -> str | None:
    """The trace of the request that is being answered, if its sender gave one."""
    return _CURRENT.get()


class TracedRequests:
    """Keeps the trace of each request for as long as it is answered."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass on, remembering."""
        if scope["type"] != "http" or (trace := _traced(scope)) is None:
            await self._app(scope, receive, send)
            return
        before = _CURRENT.set(trace)
        try:
            await self._app(scope, receive, send)
        finally:
            _CURRENT.reset(before)


def _traced(scope: "Scope") -> str | None:
    given = [value for name, value in scope["headers"] if name == _HEADER]
    if len(given) != 1 or len(given[0]) != _LENGTH or not given[0].isascii():
        return None
    text: str = given[0].decode()
    return text if is_traceparent(text) else None
