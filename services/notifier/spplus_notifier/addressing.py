"""Where readers reach the service: what the operator says, else what a request says. A request's word may be forged."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from fastapi import Request

_AUTHORITY: Final = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Here:
    """The page that is written, as others may link to it."""

    address: str
    """Root of the service, without a slash at its end."""
    path: str
    """From the root on: without what does not change the page."""

    @property
    def url(self) -> str:
        """The whole of it."""
        return f"{self.address}{self.path}"


class PublicAddress:
    """Writes absolute addresses, everywhere the same."""

    def __init__(self, public_url: str | None = None) -> None:
        """`public_url`: the operator's setting. Without it, each reader is told the address that was asked for."""
        self._told = None if public_url is None else public_url.rstrip("/")

    def of(self, request: Request) -> str:
        """Root of the service, without a slash at its end."""
        if self._told is not None:
            return self._told
        if _AUTHORITY.fullmatch(request.headers.get("host", "")):
            return str(request.base_url).rstrip("/")
        host, port = request.scope.get("server") or ("localhost", None)
        return f"{request.url.scheme}://{host}" + (f":{port}" if port else "")

    def here(self, request: Request, *telling: str) -> Here:
        """The page asked for; `telling` names the parts of its query that make it another page."""
        query = urlencode([(name, value) for name, value in request.query_params.multi_items() if name in telling])
        return Here(self.of(request), quote(request.scope["path"]) + (f"?{query}" if query else ""))
