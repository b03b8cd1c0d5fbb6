"""E-mail addresses as people type them. Pure."""

import re
from typing import Final

MOST_CHARACTERS: Final = 254
_LOCAL: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN: Final = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])")
_MOST_LOCAL: Final = 64


def read_address(typed: str) -> str | None:
    """The address, its domain in lower case and in ASCII; none where it is no address that every server takes."""
    local, _, domain = typed.strip().rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    if len(local) > _MOST_LOCAL or len(local) + 1 + len(domain) > MOST_CHARACTERS:
        return None
    return f"{local}@{domain}" if _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain) else None
