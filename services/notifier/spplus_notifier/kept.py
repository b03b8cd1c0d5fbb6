"""Answers kept as they were written, for as long as what they rest on stands.

Before a kept answer goes out again, the versions that it rests on are read from the database: so it is never older than
the figures, and no replica has to hear from another.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from weakref import WeakValueDictionary

from fastapi import Request, Response

from spplus_chassis import metrics
from spplus_chassis.database import Connection, Pool, Reader, snapshot
from spplus_notifier.answering import Written, sent
from spplus_notifier.versions import version_of

_ENTRY_BYTES: Final = 2_000
"""What a kept answer takes beside its body."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer just written."""

    written: Written
    rests_on: tuple[str, ...]
    """Codes of the structures whose figures it was written from."""


Write = Callable[[Connection], Awaitable[Draft | Response]]
"""Reads what an answer needs, all in one snapshot, and writes it; a `Response` is sent as it is and not kept."""


@dataclass(slots=True)
class _Entry:
    written: Written
    rests_on: tuple[str, ...]
    version: str
    bytes: int = 0


class KeptAnswers:
    """The answers that were asked for last, within a bound of memory."""

    def __init__(self, pool: Callable[[], Pool], *, most_bytes: int) -> None:
        self._pool = pool
        self._most_bytes = most_bytes
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._bytes = 0
        self._writing: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()

    async def answer(self, request: Request, key: Hashable, write: Write, *, day: date | None = None) -> Response:
        """The answer kept under this key where nothing has changed since, else a new one.

        `day` is today, where tomorrow's answer may differ without any change.
        """
        entry = await self._standing(key, day)
        if entry is None:
            async with self._writing.setdefault(key, asyncio.Lock()):  # of many who ask at once, one writes
                entry = await self._standing(key, day)
                if entry is None:
                    return await self._write(request, key, write, day)
        metrics.ANSWERS.labels("kept").inc()
        return self._sent(request, key, entry)

    async def _standing(self, key: Hashable, day: date | None) -> _Entry | None:
        entry = self._entries.get(key)
        if entry is not None and entry.version == await _version(self._pool(), entry.rests_on, day):
            return entry
        return None

    async def _write(self, request: Request, key: Hashable, write: Write, day: date | None) -> Response:
        async with snapshot(self._pool()) as connection:
            draft = await write(connection)
            if isinstance(draft, Response):
                return draft
            entry = _Entry(draft.written, draft.rests_on, await _version(connection, draft.rests_on, day))
        metrics.ANSWERS.labels("written").inc()
        return self._sent(request, key, entry)

    def _sent(self, request: Request, key: Hashable, entry: _Entry) -> Response:
        answer = sent(request, entry.written)
        self._keep(key, entry)
        return answer

    def _keep(self, key: Hashable, entry: _Entry) -> None:
        """Keep it as the one asked for last; let go of those asked for longest ago."""
        if (before := self._entries.pop(key, None)) is not None:
            self._bytes -= before.bytes
        entry.bytes = _ENTRY_BYTES + entry.written.size  # it grows when another coding is asked for
        self._entries[key] = entry
        self._bytes += entry.bytes
        while self._bytes > self._most_bytes:
            _, oldest = self._entries.popitem(last=False)
            self._bytes -= oldest.bytes
        metrics.ANSWERS_KEPT_BYTES.set(self._bytes)


async def _version(reader: Reader, codes: Sequence[str], day: date | None) -> str:
    return f"{day} {await version_of(reader, codes)}"
