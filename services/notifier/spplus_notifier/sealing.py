"""Keeping secrets of others in our database: sealed with a key that stands outside of it, and that can be changed."""

from collections.abc import Sequence
from enum import StrEnum

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class UnsealableError(Exception):
    """Sealed with a key that is not among ours any more."""


class SealedBy(StrEnum):
    """The key that a secret is sealed with."""

    NEWEST = "newest"
    OLDER = "older"
    UNKNOWN = "unknown"
    """None of ours: the secret is lost unless its key comes back."""


class Sealer:
    """Seals with the first key, opens with any: put a new key in front, reseal, then take the old one away."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` are Fernet keys (32 bytes, base64), the newest first. Raises `ValueError` where one is none."""
        if not keys:
            raise ValueError("give at least one key")
        self._newest, *older = (Fernet(key) for key in keys)
        self._keys = MultiFernet([self._newest, *older])

    def seal(self, secret: str) -> bytes:
        """What may be stored."""
        return self._keys.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        """What was sealed. Raises `UnsealableError`."""
        return _opened(self._keys, sealed).decode()

    def reseal(self, sealed: bytes) -> bytes:
        """The same under the newest key. Raises `UnsealableError`."""
        return self._keys.encrypt(_opened(self._keys, sealed))

    def sealed_by(self, sealed: bytes) -> SealedBy:
        """Which key opens it."""
        for keys, answer in ((self._newest, SealedBy.NEWEST), (self._keys, SealedBy.OLDER)):
            try:
                _opened(keys, sealed)
            except UnsealableError:
                continue
            return answer
        return SealedBy.UNKNOWN


def _opened(keys: Fernet | MultiFernet, sealed: bytes) -> bytes:
    try:
        return keys.decrypt(sealed)
    except InvalidToken:
        raise UnsealableError("sealed with a key that is not known here") from None
