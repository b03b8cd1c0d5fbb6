"""No body longer than the limit is read, whether its length is announced or not."""

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from spplus_chassis.problem import Problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


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
        await self._app(scope, self._counted(receive), send)

    def _counted(self, receive: "Receive") -> "Receive":
        taken = 0

        async def counted() -> "Message":
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._longest:
                raise HTTPException(413)  # the one kind of exception that the framework passes on from a body
            return message

        return counted

    async def _refuse(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        problem = Problem(413, f"A body may have {self._longest} bytes.", headers={"Connection": "close"})
        await problem.response()(scope, receive, send)
