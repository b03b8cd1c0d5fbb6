"""Who gets a mail: an address and the code of its links, sealed together; counted by a mark that tells no address."""

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass

from spplus_notifier.sealing import Sealer

_CODE_BYTES = 24


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who asked for mails."""

    address: str
    code: str
    """In the links of each mail: whoever has it may confirm and end."""

    @classmethod
    def new(cls, address: str) -> "Recipient":
        """With a code of its own."""
        return cls(address, secrets.token_urlsafe(_CODE_BYTES))

    def sealed(self, sealer: Sealer) -> bytes:
        """As it may be stored."""
        return sealer.seal(json.dumps([self.address, self.code]))

    @classmethod
    def opened(cls, sealer: Sealer, sealed: bytes) -> "Recipient":
        """As it was sealed. Raises `UnsealableError`."""
        return cls(*json.loads(sealer.open(sealed)))


def hash_of_code(code: str) -> bytes:
    """What is stored of a code."""
    return hashlib.sha256(code.encode()).digest()


class AddressMark:
    """Counts addresses without naming them: nobody without the key can try addresses out."""

    def __init__(self, key: str) -> None:
        self._key = hmac.digest(key.encode(), b"spplus-notifier address mark", "sha256")

    def of(self, address: str) -> bytes:
        """The same for the same mailbox, however its letters are written."""
        return hmac.digest(self._key, address.lower().encode(), "sha256")
