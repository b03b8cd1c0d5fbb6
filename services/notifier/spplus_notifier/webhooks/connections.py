"""Connections to receivers: made to addresses that were judged, and kept for the next call to the same place."""

import asyncio
import ssl
from typing import Final, NamedTuple

from spplus_notifier.webhooks.addresses import AddressGuard
from spplus_notifier.webhooks.speaking import BrokenAnswerError, ReceiverProtocol

_MOST_KEPT: Final = 100
_KEPT_SECONDS: Final = 20.0
_MOST_ADDRESSES: Final = 4
"""Of one name, tried in turn."""


class Place(NamedTuple):
    """Where a connection leads."""

    host: str
    port: int
    plain: bool
    """Without TLS."""


class Connections:
    """All of a process."""

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard
        self._tls = ssl.create_default_context()
        self._kept: dict[Place, list[tuple[ReceiverProtocol, asyncio.TimerHandle]]] = {}
        """The oldest first; each ends by its timer unless it is taken."""
        self._kept_count = 0

    async def ask(self, place: Place, request: bytes) -> int:
        """Send a request; the status of the answer. Raises `ForbiddenAddressError`, `OSError`."""
        kept = self._take(place)
        if kept is not None:
            try:
                return await self._ask_by(kept, place, request)
            except BrokenAnswerError:
                if not kept.untouched:
                    raise
                # The receiver closed it while it was kept, as receivers do: that is no answer.
        return await self._ask_by(await self._connected(place), place, request)

    def close(self) -> None:
        """Close those that are kept."""
        for kept in self._kept.values():
            for connection, end in kept:
                end.cancel()
                connection.close()
        self._kept.clear()
        self._guard.close()

    async def _ask_by(self, connection: ReceiverProtocol, place: Place, request: bytes) -> int:
        try:
            status = await connection.ask(request)
        except BaseException:
            connection.close()
            raise
        self._keep(place, connection)
        return status

    async def _connected(self, place: Place) -> ReceiverProtocol:
        failure = OSError("no address")
        addresses = await self._guard.addresses(place.host, place.port, plain=place.plain)
        for address in addresses[:_MOST_ADDRESSES]:
            try:
                _, connection = await asyncio.get_running_loop().create_connection(
                    ReceiverProtocol,
                    address,
                    place.port,
                    ssl=None if place.plain else self._tls,
                    server_hostname=None if place.plain else place.host,
                )
            except OSError as error:
                failure = error
            else:
                return connection
        raise failure

    def _take(self, place: Place) -> ReceiverProtocol | None:
        while place in self._kept:
            connection, end = self._removed(place, -1)
            end.cancel()
            if connection.reusable:
                return connection
        return None

    def _keep(self, place: Place, connection: ReceiverProtocol) -> None:
        if not connection.reusable or self._kept_count >= _MOST_KEPT:
            connection.close()
            return
        end = asyncio.get_running_loop().call_later(_KEPT_SECONDS, self._drop, place)
        self._kept.setdefault(place, []).append((connection, end))
        self._kept_count += 1

    def _drop(self, place: Place) -> None:
        connection, _ = self._removed(place, 0)
        connection.close()

    def _removed(self, place: Place, index: int) -> tuple[ReceiverProtocol, asyncio.TimerHandle]:
        kept = self._kept[place]
        removed = kept.pop(index)
        if not kept:
            del self._kept[place]
        self._kept_count -= 1
        return removed
