"""What pages for one person share: headers that keep them private, and reading a form."""

from typing import Final
from urllib.parse import parse_qs

from fastapi import Request
from fastapi.responses import HTMLResponse

from spplus_notifier.screens import Screens

LONGEST_CODE: Final = 64
_LONGEST_BODY: Final = 16_384
_MOST_FIELDS: Final = 10
_PRIVATE: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


class PrivatePages:
    """Writes the pages of mails."""

    def __init__(self, screens: Screens) -> None:
        self._screens = screens

    def write(self, template: str, status: int = 200, /, **shown: object) -> HTMLResponse:
        """A page that is for one person."""
        page = self._screens.write(f"mail/{template}", status, **shown)
        page.headers.update(_PRIVATE)
        return page

    async def not_offered(self) -> HTMLResponse:
        """No mails are sent here."""
        return self.write("not_offered.html", 503)

    def not_understood(self) -> HTMLResponse:
        """Not what a form of ours sends."""
        return self.write("not_understood.html", 422)


async def fields_of(request: Request) -> dict[str, str] | None:
    """Fields of the form, and of the address (a mail reader ends mails by a POST to the link itself).

    None where the body is longer than any form of ours.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_BODY:
            return None
    try:
        found = parse_qs(body.decode("ascii"), errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        found = {}
    return {**dict(request.query_params), **{name: values[0] for name, values in found.items()}}
