"""Refuses callers who ask too often, before anything else is done for them."""

import hashlib
import ipaddress
import math
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from spplus_chassis import metrics
from spplus_chassis.problem import Problem
from spplus_feedback.abuse.rates import PerMinute, Taken
from spplus_feedback.screens import page
from spplus_feedback.suspicion import network_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

Networks = Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]
LIMITED: Final = "spplus.limited"
"""Key of the scope: after how many seconds a caller may send this form again, who is to see it with what was typed."""
_FORM: Final = "/partager"
_WATCHES: Final = frozenset({"/livez", "/readyz", "/metrics"})
_WRONG_KEY_COST: Final = 20
"""An answer 401 costs as much as so many requests: keys cannot be guessed, but nobody should try for free."""

_STRUCK: Final = Taken(allowed=False, remaining=0, reset_seconds=60.0, retry_after_seconds=60.0)


class LimitedCallers:
    """Counts by API key, or by address where there is none."""

    def __init__(
        self,
        app: "ASGIApp",
        *,
        by_address: PerMinute,
        by_key: PerMinute,
        unlimited: Networks,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`unlimited` networks are ours: nobody is counted there."""
        self._app = app
        self._by_address = by_address
        self._by_key = by_key
        self._unlimited = unlimited
        self._clock = clock

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass on, or answer 429."""
        caller = caller_of(scope, self._unlimited) if scope["type"] == "http" else None
        if caller is None or scope["path"] in _WATCHES:
            await self._app(scope, receive, send)
            return
        now = self._clock()
        key = next((value for name, value in scope["headers"] if name == b"authorization"), None)
        if key is None:
            name, limit, who = "address", self._by_address, _hashed(caller)
        else:
            name, limit, who = "key", self._by_key, _hashed(key)
        taken = limit.take(who, now) if key is None or self._may_try_a_key(caller, now) else _STRUCK
        if not taken.allowed:
            metrics.REQUESTS_LIMITED.labels(name).inc()
            if not (scope["path"] == _FORM and scope["method"] == "POST"):
                await _refused(scope["path"], taken)(scope, receive, send)
                return
            scope[LIMITED] = math.ceil(taken.retry_after_seconds)

        async def told(message: "Message") -> None:
            if message["type"] == "http.response.start":
                if message["status"] == 401:  # noqa: PLR2004 - HTTP's own number
                    self._by_address.charge(_strikes(caller), now, _WRONG_KEY_COST)
                if limit.limit and scope["path"].startswith("/v1/"):
                    message["headers"] = [*message["headers"], *_standing(name, limit, taken)]
            await send(message)

        await self._app(scope, receive, told)

    def _may_try_a_key(self, caller: str, now: float) -> bool:
        return not self._by_address.limit or self._by_address.take(_strikes(caller), now, 0).remaining > 0


class LimitedEvents:
    """Counts the events that a key sends in one call or in many."""

    def __init__(self, limit: PerMinute, unlimited: Networks, clock: Callable[[], float] = time.monotonic) -> None:
        """`unlimited` networks are ours: nobody is counted there."""
        self._limit = limit
        self._unlimited = unlimited
        self._clock = clock

    def __call__(self, scope: "Scope", key_id: int, events: int) -> None:
        """Take so many events of a key: all or none. Raises `Problem` 429."""
        if caller_of(scope, self._unlimited) is None:
            return
        taken = self._limit.take(key_id, self._clock(), min(events, self._limit.limit))
        if not taken.allowed:
            metrics.REQUESTS_LIMITED.labels("events").inc()
            wait = {"Retry-After": str(math.ceil(taken.retry_after_seconds))}
            raise Problem(429, f"This key may send {self._limit.limit} events a minute.", headers=wait)


def caller_of(scope: "Scope", unlimited: Networks) -> str | None:
    """The part of the network that stands for the caller; None for one that is not counted."""
    client = scope.get("client")
    if client is None:
        return None
    try:
        address = ipaddress.ip_address(client[0])
    except ValueError:
        return network_of(client[0])
    address = getattr(address, "ipv4_mapped", None) or address
    return None if any(address in network for network in unlimited) else network_of(client[0])


def _strikes(caller: str) -> bytes:
    """Under what wrong keys are counted."""
    return _hashed(f"strikes {caller}")


def _hashed(caller: str | bytes) -> bytes:
    """No key and no address stands in our memory longer than its request."""
    return hashlib.blake2b(caller if isinstance(caller, bytes) else caller.encode(), digest_size=16).digest()


def _standing(name: str, limit: PerMinute, taken: Taken) -> list[tuple[bytes, bytes]]:
    """The RateLimit fields of the IETF draft (draft-ietf-httpapi-ratelimit-headers)."""
    return [
        (b"ratelimit-policy", f'"{name}";q={limit.limit};w=60'.encode()),
        (b"ratelimit", f'"{name}";r={taken.remaining};t={math.ceil(taken.reset_seconds)}'.encode()),
    ]


def _refused(path: str, taken: Taken) -> "ASGIApp":
    seconds = max(1, math.ceil(taken.retry_after_seconds))
    if path.startswith("/v1/"):
        headers = {"Retry-After": str(seconds)}
        return Problem(429, f"Too many requests; try again in {seconds} s.", headers=headers).response()
    answer = page("trouble.html", status=429, message=f"Trop de demandes à la fois. Réessayez dans {seconds} secondes.")
    answer.headers["Retry-After"] = str(seconds)
    return answer
