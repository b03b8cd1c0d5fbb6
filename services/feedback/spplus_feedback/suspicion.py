"""What makes a story suspicious: rules that a citizen could dispute, so none of them loses a story by itself."""

import hashlib
import hmac
import ipaddress
import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from spplus_feedback.stories import Hold, Submission, TooMany

HOUR: Final = timedelta(hours=1)
_WORD: Final = re.compile(r"[^\W\d_]+")
_FEWEST_WORDS: Final = 6
"""Below, the same words are no sign of anything: many people write "Très bon accueil, merci"."""
_IPV6_PREFIX: Final = 64
"""What one household is given; a single address in it can be changed at will."""
_LONGEST_HOST: Final = 64


@dataclass(frozen=True, slots=True)
class HourlyLimits:
    """Stories within an hour; 0 switches a rule off."""

    address_soft: int
    """From one address: further ones are held."""
    address_hard: int
    """From one address: further ones are refused."""
    same_text: int
    """About one structure with the same words: further ones are held."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Where a subject stands before a story is added."""

    current: int
    """Stories since the hour began."""
    previous: int
    """Stories of the hour before."""
    into: float
    """How much of the hour has passed, 0 to 1."""

    def estimate(self, limit: int) -> float:
        """Stories of the last 60 minutes, this one included; of the hour before, no more than the limit weighs."""
        return min(self.previous, limit) * (1 - self.into) + self.current + 1

    def seconds_until_below(self, limit: int) -> int:
        """After how long one more story keeps to the limit, if none comes meanwhile."""
        if self.current + 1 <= limit:
            share = 1 - (limit - self.current - 1) / max(min(self.previous, limit), 1)
            return max(1, math.ceil((share - self.into) * HOUR.total_seconds()))
        return math.ceil((1 - self.into + 1 / limit) * HOUR.total_seconds())


def judge_address(counted: Counted, limits: HourlyLimits) -> Hold | TooMany | None:
    """What many stories from one address mean for the next."""
    if limits.address_hard and counted.estimate(limits.address_hard) > limits.address_hard:
        return TooMany(counted.seconds_until_below(limits.address_hard))
    if limits.address_soft and counted.estimate(limits.address_soft) > limits.address_soft:
        return Hold.ADDRESS
    return None


def judge_text(counted: Counted, limits: HourlyLimits) -> Hold | None:
    """What the same words again and again mean for the next story that holds them."""
    return Hold.SAME_TEXT if limits.same_text and counted.estimate(limits.same_text) > limits.same_text else None


def network_of(host: str) -> str:
    """The part of an address that stands for one caller: all of IPv4, the first 64 bits of IPv6."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host[:_LONGEST_HOST]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address), _IPV6_PREFIX), strict=False))
    return str(address)


def normalised(texts: Sequence[str | None]) -> str | None:
    """The words alone, without case, accents, digits and signs; None where they are too few to mean anything."""
    plain = unicodedata.normalize("NFKD", " ".join(text for text in texts if text).casefold())
    words = _WORD.findall("".join(letter for letter in plain if not unicodedata.combining(letter)))
    return " ".join(words) if len(words) >= _FEWEST_WORDS else None


def address_subject(submission: Submission, salt: bytes) -> bytes | None:
    """Under what the caller is counted; None where callers are not counted."""
    return _keyed(salt, "address", submission.caller) if submission.caller else None


def text_subjects(submission: Submission, salt: bytes) -> Iterator[bytes]:
    """Under what the words are counted, one for each structure; none where callers are not counted."""
    texts = submission.texts
    words = normalised((texts.story, texts.suggestion)) if submission.caller else None
    if words is not None:
        for address in submission.addresses:
            yield _keyed(salt, "text", address.structure_code, words)


def hour_of(instant: datetime) -> datetime:
    """The hour that an instant lies in, UTC."""
    return instant.replace(minute=0, second=0, microsecond=0)


def _keyed(salt: bytes, *parts: str) -> bytes:
    return hmac.digest(salt, "\0".join(parts).encode("utf-8", "replace"), hashlib.sha256)
