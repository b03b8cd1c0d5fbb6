"""Whether a form was sent by a page of our own: a second wall behind the word that the form carries."""

from typing import Final
from urllib.parse import urlsplit

from fastapi import Request

from spplus_chassis.problem import Problem

_OURS: Final = {"same-origin", "none"}


def check_origin(request: Request) -> None:
    """Refuse (403) what a browser says to come from another site.

    Browsers that say `Sec-Fetch-Site` are taken at that word. Others may send `Origin`, which is `null` from our own
    pages too, since these send no referrer: then only the word in the form decides.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        foreign = site not in _OURS
    else:
        foreign = origin not in {None, "null"} and urlsplit(origin).netloc != request.headers.get("host")
    if foreign:
        raise Problem(403, "The form was sent by another site.")
