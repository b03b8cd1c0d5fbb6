"""No body longer than the limit is read, whether its length is announced or not."""

from typing import TYPE_CHECKING

from spplus_chassis.problem import Problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class _TooLong(Exception):  # noqa: N818 - never leaves this module
    """More bytes came than may."""


class LimitedBodies:
    """Answers 413 instead of reading a long body."""

    def __init__(self, app: "ASGIApp", longest: int) -> None:
        """`longest` in bytes."""
        self._app = app
        self._longest = longest

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass on, counting."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if announced.isdigit() and int(announced) > self._longest:
            await self._refuse(scope, receive, send)
            return
        await self._pass_on(scope, receive, send)

    async def _pass_on(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        taken, answering = 0, False

        async def counted() -> "Message":
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._longest:
                raise _TooLong
            return message

        async def noted(message: "Message") -> None:
            nonlocal answering
            answering = True
            await send(message)

        try:
            await self._app(scope, counted, noted)
        except _TooLong:
            if answering:
                raise
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        problem = Problem(413, f"A body may have {self._longest} bytes.", headers={"Connection": "close"})
        await problem.response()(scope, receive, send)
