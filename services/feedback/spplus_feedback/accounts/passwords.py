"""Hashing of passwords with Argon2id, away from the event loop, never more at once than the machine bears."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from spplus_chassis.problem import Problem
from spplus_feedback.accounts.password_rules import normalised

P = ParamSpec("P")
T = TypeVar("T")

_AT_ONCE: Final = 2
"""Each takes 64 MiB and a tenth of a second of four threads (RFC 9106, second recommended option)."""
_MOST_WAITING: Final = 30
_LETTERS: Final = "abcdefghijkmnopqrstuvwxyz23456789"
"""Without those that are read for one another."""


def generated() -> str:
    """A password of 99 random bits that can be read aloud."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4))


class Passwords:
    """Makes and verifies hashes. A login that does not exist costs the same time as one that does."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0
        self._nobodys: str | None = None

    def hash_now(self, password: str) -> str:
        """The hash, made at once: for commands."""
        return self._hasher.hash(normalised(password))

    async def hash(self, password: str) -> str:
        """The hash. Raises `Problem` 503 where too many wait."""
        return await self._in_turn(self.hash_now, password)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether this is the password; without a hash never, in the same time. Raises `Problem` 503 likewise."""
        if self._nobodys is None:
            self._nobodys = await self.hash(secrets.token_urlsafe())
        return await self._in_turn(self._matches, password_hash, self._nobodys, password)

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with weaker parameters than are used now."""
        return self._hasher.check_needs_rehash(password_hash)

    def _matches(self, password_hash: str | None, nobodys: str, password: str) -> bool:
        try:
            held = self._hasher.verify(password_hash or nobodys, normalised(password))
        except (VerificationError, InvalidHashError):
            return False
        return held and password_hash is not None

    async def _in_turn(self, work: Callable[P, T], *values: P.args, **named: P.kwargs) -> T:
        if self._waiting >= _MOST_WAITING:
            raise Problem(503)
        self._waiting += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(work, *values, **named)
        finally:
            self._waiting -= 1
