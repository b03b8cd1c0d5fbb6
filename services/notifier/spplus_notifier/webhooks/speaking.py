"""HTTP/1.1 with a receiver: a request, its answer, and again. What an answer says beyond its status is dropped."""

import asyncio
from typing import Final, cast

import httptools

_MOST_ANSWER_BYTES: Final = 65_536
_FIRST_FINAL_STATUS: Final = 200


class BrokenAnswerError(OSError):
    """The connection ended, or spoke no HTTP, before it answered."""


class ReceiverProtocol(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._answered: asyncio.Future[int] | None = None
        self._status: int | None = None
        self._body_bytes = 0
        self.reusable = False
        """Whether another request may follow."""
        self.untouched = True
        """Whether nothing came back since the last request."""

    async def ask(self, request: bytes) -> int:
        """Send a request; the status of its answer. Raises `BrokenAnswerError`. Whoever gives up waiting closes it."""
        self._status, self._body_bytes, self.reusable, self.untouched = None, 0, False, True
        if self._transport is None or self._transport.is_closing():
            raise BrokenAnswerError
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answered

    def close(self) -> None:
        """End it, whatever is under way."""
        self.reusable = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio says: the way is open."""
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        """Asyncio says: something came back. Nothing may come unasked."""
        self.untouched = False
        if self._answered is None or self._answered.done():
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.close()
            self._end(None)

    def connection_lost(self, error: Exception | None) -> None:
        """Asyncio says: the way is closed. For an answer that gives no length, that is its end."""
        self.reusable = False
        self._end(self._status if error is None else None)

    def on_headers_complete(self) -> None:
        """The parser says: the status is known. One that says "go on" is not the answer."""
        status = self._parser.get_status_code()
        self._status = status if status >= _FIRST_FINAL_STATUS else None

    def on_body(self, body: bytes) -> None:
        """The parser says: a part of the answer's body."""
        self._body_bytes += len(body)
        if self._body_bytes > _MOST_ANSWER_BYTES:
            self._end(self._status)
            self.close()

    def on_message_complete(self) -> None:
        """The parser says: the answer is whole."""
        if self._status is not None:
            self.reusable = self._parser.should_keep_alive() and self._body_bytes <= _MOST_ANSWER_BYTES
            self._end(self._status)

    def _end(self, status: int | None) -> None:
        if self._answered is None or self._answered.done():
            return
        if status is None:
            self._answered.set_exception(BrokenAnswerError())
        else:
            self._answered.set_result(status)
