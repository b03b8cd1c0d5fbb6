"""Stamps on forms: an unguessable word for one sending, signed with the time at which the form was shown.

No state is kept: whoever holds the secret can tell how long the form was open. A stamp serves once, because it is the
form's idempotency key as well.
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Final

_OLDEST: Final = timedelta(days=7)
_MAC_LETTERS: Final = 32


def stamped(word: str, now: datetime, secret: bytes) -> str:
    """A stamp of visible ASCII characters; `word` is random and has no dot."""
    signed = f"{word}.{int(now.timestamp() * 1000):x}"
    return f"{signed}.{_mac(signed, secret)}"


def open_for(stamp: str, now: datetime, secret: bytes) -> timedelta | None:
    """How long ago the form was shown; None for a stamp that is not ours, older than a week or of the future."""
    signed, _, mac = stamp.rpartition(".")
    if not hmac.compare_digest(mac.encode(), _mac(signed, secret).encode()):
        return None
    age = now - datetime.fromtimestamp(int(signed.rpartition(".")[2], 16) / 1000, tz=now.tzinfo)
    return age if timedelta() <= age <= _OLDEST else None


def _mac(signed: str, secret: bytes) -> str:
    return hmac.digest(secret, signed.encode(), hashlib.sha256).hex()[:_MAC_LETTERS]
