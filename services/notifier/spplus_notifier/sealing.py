"""Keeping secrets of others in our database: sealed with a key that stands outside of it, and that can be changed."""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class UnsealableError(Exception):
    """Sealed with a key that is not among ours any more."""


class Sealer:
    """Seals with the first key, opens with any: put a new key in front, reseal, then take the old one away."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` are Fernet keys (32 bytes, base64), the newest first. Raises `ValueError` where one is none."""
        if not keys:
            raise ValueError("give at least one key")
        self._keys = MultiFernet([Fernet(key) for key in keys])

    def seal(self, secret: str) -> bytes:
        """What may be stored."""
        return self._keys.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        """What was sealed. Raises `UnsealableError`."""
        try:
            return self._keys.decrypt(sealed).decode()
        except InvalidToken:
            raise UnsealableError("sealed with a key that is not known here") from None

    def reseal(self, sealed: bytes) -> bytes:
        """The same under the newest key. Raises `UnsealableError`."""
        try:
            return self._keys.rotate(sealed)
        except InvalidToken:
            raise UnsealableError("sealed with a key that is not known here") from None
