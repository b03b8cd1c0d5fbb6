"""Follow-up codes: 128 random bits that open one story, and nothing else does.

A code stands in the citizen's hands only. The database holds its hash, and a copy sealed under the client's own
Idempotency-Key (of which the database holds only a hash as well), so that a retried request gets the same code again.
"""

import base64
import hashlib
from typing import Final

CODE_BYTES: Final = 16
_CODE_CHARACTERS: Final = 26
_GROUP: Final = 4
_MISREAD: Final = str.maketrans({"0": "O", "1": "I", "8": "B", " ": None, "-": None, ".": None})


class BadCode(ValueError):  # noqa: N818 - a decision about what was typed
    """What was given cannot be a follow-up code."""


def written(code: bytes) -> str:
    """The code as people read it: base32 in groups of four, ``ABCD-EFGH-...``."""
    letters = base64.b32encode(code).decode().rstrip("=")
    return "-".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))


def read(text: str) -> bytes:
    """The code a person typed or a link carries: case, spaces, dashes and 0, 1, 8 are forgiven. Raises `BadCode`."""
    letters = text.strip().upper().translate(_MISREAD)
    if len(letters) != _CODE_CHARACTERS or not letters.isascii():
        raise BadCode("a follow-up code has 26 letters and digits")
    try:
        return base64.b32decode(letters + "=" * (-len(letters) % 8))
    except ValueError:
        raise BadCode("a follow-up code has letters and the digits 2 to 7") from None


def fingerprint(code: bytes) -> bytes:
    """What the database holds of a code. It is random, so a plain hash cannot be guessed back."""
    return hashlib.sha256(b"follow-up code\0" + code).digest()


def sealed(code: bytes, under: str) -> bytes:
    """The code hidden under a secret of the client; applied twice it gives the code back."""
    pad = hashlib.sha256(b"seal\0" + under.encode()).digest()[:CODE_BYTES]
    return bytes(left ^ right for left, right in zip(code, pad, strict=True))
