"""Which addresses may be called: never one of our own network.

A name is looked up here, and the connection goes to the very addresses that were judged, so a name that means another
address a moment later leads nowhere.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_LOOKUPS: Final = 256
"""At once. A name server that hangs holds a thread for as long; others must not wait for it."""


class ForbiddenAddressError(Exception):
    """The name stands for an address that may not be called."""


class AddressGuard:
    """Looks names up, and judges what they stand for."""

    def __init__(
        self, private_networks: Sequence[str] = (), *, look_up: Callable[[str, int], Sequence[str]] | None = None
    ) -> None:
        """Addresses of `private_networks` may be called, also without TLS. `look_up` may block."""
        self._private = [ipaddress.ip_network(network) for network in private_networks]
        self._look_up = look_up or _system_look_up
        self._threads = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="webhook-lookup")

    async def addresses(self, host: str, port: int, *, plain: bool) -> list[str]:
        """The addresses of a name, the best first; without TLS (`plain`) all must be of a private network.

        Raises `ForbiddenAddressError` where one of them may not be called, `OSError` where there is none.
        """
        found = [ipaddress.ip_address(each.partition("%")[0]) for each in await self._looked_up(host, port)]
        if not found or not all(self._may_be_called(address, plain=plain) for address in found):
            raise ForbiddenAddressError
        return [str(address) for address in found]

    def close(self) -> None:
        """Look up no more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _may_be_called(self, address: Address, *, plain: bool) -> bool:
        private = any(address in network for network in self._private if network.version == address.version)
        return private or (not plain and is_public(address))

    async def _looked_up(self, host: str, port: int) -> Sequence[str]:
        try:
            return [str(ipaddress.ip_address(host))]
        except ValueError:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._look_up, host, port)


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet, also where it wraps one of the older kind."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


def _system_look_up(host: str, port: int) -> list[str]:
    return [str(place[4][0]) for place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
