"""Connections to receivers: made to addresses that were judged, and kept for the next call to the same place."""

import ipaddress
import socket
import ssl
from types import SimpleNamespace
from typing import Final, Self

from aiohttp import (
    ClientError,
    ClientOSError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    ServerDisconnectedError,
    TCPConnector,
    TraceConfig,
    TraceConnectionReuseconnParams,
)
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from spplus_notifier.webhooks.addresses import AddressGuard

_KEPT_SECONDS: Final = 20.0
_MOST_ANSWER_BYTES: Final = 65_536
_UNSAID: Final = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class Connections:
    """Those of a process, by scheme: without TLS other addresses may be called. Open inside its context."""

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard
        self._sessions: dict[str, ClientSession] = {}

    async def __aenter__(self) -> Self:
        self._sessions = {scheme: _session(self._guard, plain=scheme == "http") for scheme in ("http", "https")}
        return self

    async def __aexit__(self, *_: object) -> None:
        for session in self._sessions.values():
            await session.close()

    async def ask(self, url: str, headers: dict[str, str], body: bytes) -> int:
        """Post a body; the status of the answer. Raises `ForbiddenAddressError`, `OSError`, aiohttp's `ClientError`."""
        place = URL(url, encoded=True)
        await self._judge_literal(place)
        reused = SimpleNamespace(connection=False)
        try:
            return await self._post(place, headers, body, reused)
        except (ServerDisconnectedError, ClientOSError):
            if not reused.connection:
                raise
            # The receiver closed it while it was kept, as receivers do: that is no answer.
            return await self._post(place, headers, body, reused)

    async def _post(self, place: URL, headers: dict[str, str], body: bytes, reused: SimpleNamespace) -> int:
        session = self._sessions[place.scheme]
        async with session.post(
            place, headers=headers, data=body, allow_redirects=False, trace_request_ctx=reused
        ) as answer:
            await _drop(answer)
            return answer.status

    async def _judge_literal(self, place: URL) -> None:
        """An address in the place of a name is not looked up, so it is judged here."""
        host = place.host or ""
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return
        await self._guard.addresses(host, place.port or 0, plain=place.scheme == "http")


class _Judged(AbstractResolver):
    """Names mean what the guard says."""

    def __init__(self, guard: AddressGuard, *, plain: bool) -> None:
        self._guard = guard
        self._plain = plain

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses to connect to; all were judged, also those of another family."""
        found = await self._guard.addresses(host, port, plain=self._plain)
        results = [_result(host, port, address) for address in found]
        return [result for result in results if family in (socket.AF_UNSPEC, result["family"])]

    async def close(self) -> None:
        """Nothing is held here."""


def _result(host: str, port: int, address: str) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(
        hostname=host, host=address, port=port, family=family, proto=socket.IPPROTO_TCP, flags=socket.AI_NUMERICHOST
    )


def _session(guard: AddressGuard, *, plain: bool) -> ClientSession:
    """As many calls at once as its callers start; their time is theirs to limit."""
    connector = TCPConnector(
        resolver=_Judged(guard, plain=plain),
        use_dns_cache=False,
        limit=0,
        keepalive_timeout=_KEPT_SECONDS,
        ssl=ssl.create_default_context(),
    )
    reuse = TraceConfig()
    reuse.on_connection_reuseconn.append(_note_reuse)
    return ClientSession(
        connector=connector,
        cookie_jar=DummyCookieJar(),
        timeout=ClientTimeout(total=None, sock_connect=None),
        auto_decompress=False,
        skip_auto_headers=_UNSAID,
        trace_configs=[reuse],
    )


async def _note_reuse(_session: ClientSession, context: SimpleNamespace, _: TraceConnectionReuseconnParams) -> None:
    context.trace_request_ctx.connection = True


async def _drop(answer: ClientResponse) -> None:
    """Read the body to its end, so that the connection can serve again, unless it is too long."""
    size = 0
    try:
        async for chunk in answer.content.iter_any():
            size += len(chunk)
            if size > _MOST_ANSWER_BYTES:
                answer.close()
                return
    except ClientError:
        answer.close()
