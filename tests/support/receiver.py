"""A system that is called by webhooks: keeps what it was sent, answers as it is told to."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from standardwebhooks import Webhook

from tests.support.waiting import eventually


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def message_id(self) -> str:
        """The message that it brings, the same at each attempt."""
        return self.headers["webhook-id"]

    @property
    def data(self) -> dict[str, Any]:
        """What it says."""
        return json.loads(self.body)["data"]

    @property
    def revisions(self) -> dict[str, int]:
        """The figures that it tells: revision by structure."""
        return {figure["structure_code"]: figure["revision"] for figure in self.data.get("figures", ())}

    def check(self, secret: str) -> None:
        """Let the official library judge the signature. Raises `WebhookVerificationError`."""
        Webhook(secret).verify(self.body, self.headers)


@dataclass
class Receiver:
    """An address for webhooks. Answers 204 unless told otherwise."""

    url: str
    calls: list[Call] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    """What the next calls are answered with, one after the other."""
    location: str = ""
    """Where a redirect leads."""
    hanging: set[str] = field(default_factory=set)
    """Paths that are not answered until `released`."""
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Be an ASGI application."""
        if scope["type"] != "http":
            return
        body = b""
        more = True
        while more:
            part = await receive()
            if part["type"] == "http.disconnect":  # who called died while it spoke
                return
            body, more = body + part["body"], part.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.calls.append(Call(scope["path"], headers, body))
        if scope["path"] in self.hanging:
            await self.released.wait()
        status = self.statuses.pop(0) if self.statuses else 204
        located = [(b"location", self.location.encode())] if 300 <= status < 400 else []
        await send({"type": "http.response.start", "status": status, "headers": located})
        await send({"type": "http.response.body", "body": b""})

    async def called(self, count: int, *, seconds: float = 20) -> list[Call]:
        """Its calls, once there are so many."""

        async def enough() -> bool:
            return len(self.calls) >= count

        await eventually(enough, f"{count} calls", seconds=seconds)
        return self.calls


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on a port of its own."""
    listening = socket.create_server(("127.0.0.1", 0))
    receiver = Receiver(f"http://127.0.0.1:{listening.getsockname()[1]}")
    config = uvicorn.Config(receiver, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield receiver
    finally:
        receiver.released.set()
        server.should_exit = True
        await running
