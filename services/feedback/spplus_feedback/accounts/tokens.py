"""The cookie that says who is signed in, and the word that each of their forms must carry."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from fastapi import Request, Response

_TOKEN_BYTES: Final = 32
_SECURE_NAME: Final = "__Host-spplus_session"
"""Browsers take a cookie of such a name only over an encrypted way, and from this very host."""
_OPEN_NAME: Final = "spplus_session"


@dataclass(frozen=True, slots=True)
class Presented:
    """A session's token as a browser sent it."""

    token: str
    secure: bool
    """Whether it came under the name that only an encrypted way can set."""


def new_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def hash_of(token: str) -> bytes:
    """What the database holds. The token is random throughout, so a plain hash cannot be guessed back."""
    return hashlib.sha256(token.encode()).digest()


def csrf_of(token: str) -> str:
    """The word that a form of this session carries; from it the token cannot be found."""
    word = hmac.digest(token.encode(), b"spplus form", "sha256")
    return base64.urlsafe_b64encode(word).decode().rstrip("=")


def same(one: str, other: str) -> bool:
    """Whether two words are the same, in a time that does not tell how alike they are."""
    return hmac.compare_digest(one.encode(), other.encode())


def presented(request: Request) -> Presented | None:
    """The token that a request carries."""
    for name, secure in ((_SECURE_NAME, True), (_OPEN_NAME, False)):
        token = request.cookies.get(name)
        if token:
            return Presented(token, secure)
    return None


def give(response: Response, token: str, *, secure: bool) -> None:
    """Have the browser keep a token until it is closed, away from scripts and from other sites."""
    name = _SECURE_NAME if secure else _OPEN_NAME
    response.set_cookie(name, token, path="/", secure=secure, httponly=True, samesite="lax")


def take_back(response: Response, *, secure: bool) -> None:
    """Have the browser forget its token."""
    name = _SECURE_NAME if secure else _OPEN_NAME
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")
