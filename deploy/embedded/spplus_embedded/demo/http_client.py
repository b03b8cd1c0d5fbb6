"""A small HTTP/1.1 client: the demo's clients share two cores with the platform that they measure.

Only what the doors need: JSON, kept connections, bodies with their length. One connection carries one request at once.
"""

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

_SECONDS: Final = 30.0
_LENGTH: Final = b"\r\ncontent-length:"


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body."""

    status: int
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether it is a 2xx."""
        return self.status // 100 == 2  # noqa: PLR2004  # the class of success

    def json(self) -> dict[str, Any]:
        """The body as an object."""
        found: dict[str, Any] = json.loads(self.body)
        return found


class HttpClient:
    """Kept connections to one address, at most so many at once."""

    def __init__(self, address: str, *, connections: int) -> None:
        place = urlsplit(address)
        self._host, self._port = place.hostname or "", place.port or 80
        self._slots = asyncio.Semaphore(connections)
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def request(
        self, method: str, path: str, *, body: dict[str, Any] | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """Ask once. OSError where the connection breaks or nothing comes in time."""
        data = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}:{self._port}", f"Content-Length: {len(data)}"]
        lines += ["Content-Type: application/json"] if data else []
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        async with self._slots:
            reader, writer = self._free.pop() if self._free else await self._connect()
            try:
                async with asyncio.timeout(_SECONDS):
                    writer.write("\r\n".join([*lines, "", ""]).encode() + data)
                    answer, kept = await _read(reader)
            except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
                writer.close()
                raise ConnectionError("the connection ended in the middle of an answer") from error
            except BaseException:
                writer.close()
                raise
            if kept:
                self._free.append((reader, writer))
            else:
                writer.close()
            return answer

    async def close(self) -> None:
        """Close every connection."""
        for _, writer in self._free:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for _, writer in self._free), return_exceptions=True)
        self._free.clear()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with asyncio.timeout(_SECONDS):
            return await asyncio.open_connection(self._host, self._port)


async def _read(reader: asyncio.StreamReader) -> tuple[Answer, bool]:
    """One answer, and whether the connection stays open."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(head[9:12])
    _, found, rest = head.partition(_LENGTH)
    length = int(rest[: rest.index(b"\r\n")]) if found else 0
    body = await reader.readexactly(length) if length else b""
    return Answer(status, body), b"\r\nconnection: close" not in head
