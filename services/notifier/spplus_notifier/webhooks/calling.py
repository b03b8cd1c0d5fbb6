"""One call to an address that somebody else chose: never to a machine of our own network, never where a redirect leads.

The name is looked up here and the connection goes to the very address that was judged, so a name that means another
address a moment later leads nowhere.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import httpcore

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_MOST_ANSWER_BYTES: Final = 65_536
_CONNECTIONS: Final = 1_000
_GONE: Final = 410


class Outcome(StrEnum):
    """How a call ended."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    """Answered with a status other than 2xx."""
    REDIRECTED = "redirected"
    GONE = "gone"
    """410: the receiver wants no more."""
    SLOW = "slow"
    UNREACHABLE = "unreachable"
    FORBIDDEN_ADDRESS = "forbidden_address"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call."""

    outcome: Outcome
    status: int | None = None
    """HTTP status, where there was one."""


class ForbiddenAddressError(Exception):
    """The name stands for an address that may not be called."""


class Caller:
    """Posts bodies; connections are kept for the next call."""

    def __init__(self, *, seconds: float, private_networks: Sequence[str] = ()) -> None:
        """`seconds` for a whole call. Addresses of `private_networks` may be called, also without TLS."""
        self._seconds = seconds
        self._guard = AddressGuard([ipaddress.ip_network(network) for network in private_networks])
        self._connections = httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=_CONNECTIONS,
            max_keepalive_connections=100,
            keepalive_expiry=20,
            network_backend=_GuardedBackend(self._guard),
        )

    async def post(self, url: str, headers: Mapping[str, str], body: str) -> Answer:
        """Call once."""
        try:
            async with asyncio.timeout(self._seconds):
                if url.startswith("http:"):
                    await self._guard.check_plain(httpcore.URL(url))
                return await self._post(url, headers, body)
        except TimeoutError:
            return Answer(Outcome.SLOW)
        except ForbiddenAddressError:
            return Answer(Outcome.FORBIDDEN_ADDRESS)
        except (OSError, httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException):
            return Answer(Outcome.UNREACHABLE)

    async def _post(self, url: str, headers: Mapping[str, str], body: str) -> Answer:
        async with self._connections.stream("POST", url, headers=[*headers.items()], content=body.encode()) as response:
            taken = 0
            async for chunk in response.aiter_stream():
                taken += len(chunk)
                if taken > _MOST_ANSWER_BYTES:
                    break
        return Answer(_outcome(response.status), response.status)

    async def close(self) -> None:
        """Close the connections."""
        await self._connections.aclose()


class AddressGuard:
    """Judges addresses."""

    def __init__(self, private_networks: Sequence[Network]) -> None:
        self._private = private_networks

    async def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a name. Raises `ForbiddenAddressError` where one of them may not be called, `OSError`."""
        found = await self._looked_up(host, port)
        if not found or not all(is_public(address) or self._is_private(address) for address in found):
            raise ForbiddenAddressError
        return [str(address) for address in found]

    async def check_plain(self, url: httpcore.URL) -> None:
        """Raises `ForbiddenAddressError` unless every address of an address without TLS is of a private network."""
        host, port = url.host.decode("ascii"), url.port or 80
        if not all(map(self._is_private, await self._looked_up(host, port))):
            raise ForbiddenAddressError

    def _is_private(self, address: Address) -> bool:
        return any(address in network for network in self._private if network.version == address.version)

    async def _looked_up(self, host: str, port: int) -> list[Address]:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [ipaddress.ip_address(str(place[4][0]).partition("%")[0]) for place in found]


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet, also where it wraps one of the older kind."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


class _GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were judged, not to names."""

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._guard.addresses(host, port)
        return await self._backend.connect_tcp(addresses[0], port, timeout, local_address, socket_options)

    async def connect_unix_socket(self, *_: object, **__: object) -> httpcore.AsyncNetworkStream:
        raise ForbiddenAddressError

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def _outcome(status: int) -> Outcome:
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP's own numbers
        return Outcome.DELIVERED
    if 300 <= status < 400:  # noqa: PLR2004 - the same
        return Outcome.REDIRECTED
    return Outcome.GONE if status == _GONE else Outcome.REFUSED
