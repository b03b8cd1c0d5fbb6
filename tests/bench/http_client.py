"""A small HTTP/1.1 client that keeps its connections open.

The bench shares two cores with what it measures: a full client would take a fifth of one at 200 requests a second.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

_CODINGS = "Accept-Encoding: gzip, deflate, br, zstd"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_IDLE_SECONDS = 2.0
"""Servers close connections that are idle for longer; these are not used again."""


class Door:
    """A service's door: any number of requests at once, each on a connection of its own that is used again."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._idle: list[tuple[float, Streams]] = []

    async def post(
        self, path: str, body: bytes, *, kind: str = "application/json", bearer: str = ""
    ) -> tuple[int, dict[str, Any]]:
        """Post JSON; returns the status and the JSON answered. `bearer` is an API key."""
        reader, writer = self._fresh() or await self._connect()
        head = f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: {kind}\r\n"
        head += f"Authorization: Bearer {bearer}\r\n" if bearer else ""
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        status, length = await _read_head(reader)
        answer = await reader.readexactly(length)
        self._idle.append((time.monotonic(), (reader, writer)))
        return status, json.loads(answer)

    async def get(self, path: str) -> tuple[int, bytes]:
        """Get a whole body, packed as browsers take it; returns the status and the body."""
        reader, writer = self._fresh() or await self._connect()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {self._host}\r\n{_CODINGS}\r\n\r\n".encode())
        status, length = await _read_head(reader)
        body = await reader.readexactly(length)
        self._idle.append((time.monotonic(), (reader, writer)))
        return status, body

    async def events(self, path: str) -> AsyncIterator[tuple[str, str]]:
        """Follow server-sent events: name and data of each."""
        reader, writer = await self._connect()
        head = f"GET {path} HTTP/1.1\r\nHost: {self._host}\r\nAccept: text/event-stream\r\n"
        writer.write(f"{head}\r\n".encode())
        try:
            status, _ = await _read_head(reader)
            if status != 200:
                raise ConnectionError(f"the stream answered {status}")
            waiting = b""
            while size := int(await reader.readline(), 16):
                waiting += await reader.readexactly(size)
                await reader.readexactly(2)
                *whole, waiting = waiting.split(b"\n\n")
                for event in whole:
                    fields = dict(line.split(": ", 1) for line in event.decode().splitlines() if ": " in line)
                    yield fields.get("event", ""), fields.get("data", "")
        finally:
            writer.close()

    def close(self) -> None:
        """Close the idle connections."""
        for _, (_, writer) in self._idle:
            writer.close()

    def _fresh(self) -> Streams | None:
        while self._idle:
            since, streams = self._idle.pop()
            if time.monotonic() - since < _IDLE_SECONDS:
                return streams
            streams[1].close()
        return None

    async def _connect(self) -> Streams:
        return await asyncio.open_connection(self._host, self._port, limit=2**20)


async def _read_head(reader: asyncio.StreamReader) -> tuple[int, int]:
    """Status and length of the body; 0 where it is told otherwise."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
    return int(lines[0].split(" ")[1]), int(headers.get("content-length", "0"))
