"""Readers of the live stream in a process of their own: `python -m tests.bench.stream_readers URL COUNT`.

Says `ready` once all are connected; is then told on standard input how many figures there will have been, waits for
them, and says as JSON what each reader was told. Time is the clock of the machine.
"""

import asyncio
import json
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import lru_cache, partial
from typing import Final
from urllib.parse import urlsplit

import uvloop

TIMED: Final = 20
"""Readers that take the time of each figure; the others only count."""
_AT_ONCE: Final = 100
_PATIENCE_SECONDS: Final = 60.0
_END: Final = b"\n\n\r\n"
"""Of an announcement: the empty line after its last event, and the end of its chunk."""
_EVENT: Final = re.compile(rb"^id: (\d+)\n(?:event: (\w+)\n)?", re.MULTILINE)
_CODE: Final = re.compile(rb'"structure_code":"s(\d+)"')


@dataclass(slots=True)
class Findings:
    """What all readers were told."""

    missed: int = 0
    """Figures whose number was passed over, or that never came."""
    again: int = 0
    """Figures whose number is not above the one before: told twice or out of order."""
    resyncs: int = 0
    ended: int = 0
    times: list[tuple[int, float]] = field(default_factory=list)
    """Number of each figure and when it came, at those who take the time."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What one announcement says, the same for all readers."""

    events: tuple[tuple[int, str], ...]
    """Number and kind of each; a heartbeat has no kind."""
    unbroken: bool
    """Nothing but figures, each with the number after the one before."""
    codes: tuple[int, ...]


@lru_cache(maxsize=256)
def read_piece(text: bytes) -> Piece:
    """Read it once, whoever gets it."""
    events = tuple((int(seq), kind.decode()) for seq, kind in _EVENT.findall(text))
    first = events[0][0] if events else 0
    unbroken = bool(events) and all(event == (first + at, "indicator") for at, event in enumerate(events))
    return Piece(events, unbroken, tuple(map(int, _CODE.findall(text))))


class Reader(asyncio.BufferedProtocol):
    """One reader: judges the numbers of all that it is told."""

    def __init__(self, findings: Findings, buffer: bytearray, *, timed: bool) -> None:
        self._findings = findings
        self._buffer = buffer
        self._timed = timed
        self._rest = b""
        self.last: int | None = None
        self.told = 0

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002 - the protocol's signature
        """One for all: what is in it is read at once."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Read what is complete."""
        data = self._rest + bytes(memoryview(self._buffer)[:nbytes])
        end = data.rfind(_END)
        whole, self._rest = (b"", data) if end < 0 else (data[: end + len(_END)], data[end + len(_END) :])
        if whole:
            self.take(read_piece(whole))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's signature
        """Nobody asked for the end."""
        self._findings.ended += 1

    def take(self, piece: Piece) -> None:
        """Hold the numbers against the last."""
        if self._timed and piece.codes:
            now = time.time()
            self._findings.times += [(code, now) for code in piece.codes]
        if piece.unbroken and self.last is not None and piece.events[0][0] == self.last + 1:
            self.told += len(piece.events)
            self.last = piece.events[-1][0]
            return
        for seq, kind in piece.events:
            self._judge(seq, kind)

    def _judge(self, seq: int, kind: str) -> None:
        if self.last is not None and kind == "indicator":
            self.told += 1
            self._findings.missed += max(0, seq - self.last - 1)
            self._findings.again += seq <= self.last
        self._findings.resyncs += kind == "resync"
        self.last = seq


async def _connected(url: str, count: int, findings: Findings) -> list[Reader]:
    parts = urlsplit(url)
    request = f"GET /v1/stream HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: text/event-stream\r\n\r\n".encode()
    loop, buffer, readers = asyncio.get_running_loop(), bytearray(2**18), list[Reader]()
    for numbers in _blocks(count):
        for number in numbers:
            reader = Reader(findings, buffer, timed=number < TIMED)
            transport, _ = await loop.create_connection(partial(_the, reader), parts.hostname or "", parts.port or 80)
            transport.write(request)
            readers.append(reader)
        while any(reader.last is None for reader in readers):  # the opening words: from here on nothing is missed
            if findings.ended:
                raise SystemExit("the stream turned readers away")
            await asyncio.sleep(0.01)
    return readers


def _the(reader: Reader) -> Reader:
    return reader


def _blocks(count: int) -> Iterator[range]:
    return (range(first, min(count, first + _AT_ONCE)) for first in range(0, count, _AT_ONCE))


async def _all_told(readers: list[Reader], count: int) -> None:
    """Wait until all are told of everything, or of nothing more for long."""
    reached, since = -1, time.monotonic()
    while any(reader.told < count for reader in readers) and time.monotonic() - since < _PATIENCE_SECONDS:
        if (now := sum(reader.told for reader in readers)) != reached:
            reached, since = now, time.monotonic()
        await asyncio.sleep(0.1)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def _main(url: str, readers_count: int) -> None:
    findings = Findings()
    readers = await _connected(url, readers_count, findings)
    _say("ready")
    count = int(await asyncio.to_thread(sys.stdin.readline))
    await _all_told(readers, count)
    never_came = sum(max(0, count - reader.told) for reader in readers)
    findings.missed = max(findings.missed, never_came)  # what was passed over may still come, out of order
    _say(json.dumps(asdict(findings)))


if __name__ == "__main__":
    uvloop.run(_main(sys.argv[1], int(sys.argv[2])))
