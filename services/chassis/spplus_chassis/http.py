"""Measuring HTTP without naming a path or an address: a path may hold a follow-up code."""

import time
from typing import TYPE_CHECKING

from spplus_chassis import metrics

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class MeasuredRequests:
    """Counts answers by class of status and times them until their first byte."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass on, measuring."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()

        async def measured(message: "Message") -> None:
            if message["type"] == "http.response.start":
                metrics.HTTP_REQUESTS.labels(f"{message['status'] // 100}xx").inc()
                metrics.HTTP_SECONDS.observe(time.perf_counter() - started)
            await send(message)

        await self._app(scope, receive, measured)
