"""The end of patience with a connection: headers have a size, a request has a time to arrive.

The parser under uvicorn collects headers without bound, and uvicorn waits for ever for the rest of a request, and for
a reader that takes nothing of its answer.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from spplus_chassis import metrics

LONGEST_HEAD = 65_536
"""Bytes of the request line and the headers together; ordinary ones have less than 2,000."""
REQUEST_SECONDS = 30.0
"""For all of a request to arrive, from its first byte, or from the start of a connection that says nothing."""

READ_SECONDS = 30.0
"""For a reader to take what waits for it, once that is more than 64 KB."""


class PatientProtocol(HttpToolsProtocol):
    """HTTP over one connection, closed when a request is too long in coming."""

    longest_head = LONGEST_HEAD
    request_seconds = REQUEST_SECONDS
    read_seconds = READ_SECONDS
    _head_bytes = 0
    _in_head = False
    _deadline: asyncio.TimerHandle | None = None
    _cut_off: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn
        """Start to wait for a request."""
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._satisfied()
        self._is_taking()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The reader is slow: more waits for it than the transport should hold."""
        super().pause_writing()
        self._is_taking()
        self._cut_off = self.loop.call_later(self.read_seconds, self._abort)

    def resume_writing(self) -> None:
        """It has taken nearly all of that."""
        self._is_taking()
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        """Count headers. The piece in which they begin counts for nothing: a piece is bounded anyway."""
        within = self._in_head
        super().data_received(data)
        if not within or not self._in_head or self.transport.is_closing():
            return
        self._head_bytes += len(data)
        if self._head_bytes > self.longest_head:
            self.send_400_response("Request headers are too long.")

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._in_head, self._head_bytes = True, 0
        self._expect()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """What comes now is the body; its length is the application's matter."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is here."""
        self._satisfied()
        super().on_message_complete()

    def _expect(self) -> None:
        self._satisfied()
        self._deadline = self.loop.call_later(self.request_seconds, self.transport.close)

    def _satisfied(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _is_taking(self) -> None:
        if self._cut_off is not None:
            self._cut_off.cancel()
            self._cut_off = None

    def _abort(self) -> None:
        # To close would wait for the reader to take what is left.
        metrics.HTTP_CUT_OFF.inc()
        self.transport.abort()
