"""What every answer of every service says to browsers, whatever made it: a page, a problem, a fault."""

import re
from typing import TYPE_CHECKING, Final

from starlette.datastructures import MutableHeaders

from spplus_chassis.problem import Problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_DEFAULTS: Final = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Given where the answer says nothing itself: a page that needs a style sheet or may be framed says so."""
_FRAME_ANCESTORS: Final = re.compile(r"(?:^|;)\s*frame-ancestors\s+(?!'none')")
"""Of a policy that lets other sites frame the answer; X-Frame-Options has no word for that, so it stays unsaid."""


class ScreenedAnswers:
    """Adds what is missing. A fault that nobody caught is answered here, since what is outside of us adds nothing."""

    def __init__(self, app: "ASGIApp", hsts_seconds: int = 0) -> None:
        """`hsts_seconds` for how long browsers insist on HTTPS; 0 says nothing of it."""
        self._app = app
        self._headers = dict(_DEFAULTS)
        if hsts_seconds:
            self._headers["Strict-Transport-Security"] = f"max-age={hsts_seconds}; includeSubDomains"

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass on, adding."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def screened(message: "Message") -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(raw=message["headers"])
                framed = _FRAME_ANCESTORS.search(headers.get("Content-Security-Policy", ""))
                for name, value in self._headers.items():
                    if not (framed and name == "X-Frame-Options"):
                        headers.setdefault(name, value)
                message["headers"] = headers.raw
            await send(message)

        try:
            await self._app(scope, receive, screened)
        except Exception:
            if not started:
                await Problem(500, title="Internal error").response()(scope, receive, screened)
            raise
