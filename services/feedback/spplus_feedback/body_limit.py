"""No body longer than the limit is read, whether its length is announced or not."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from spplus_chassis.problem import Problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class LimitedBodies:
    """Answers 413 instead of reading a long body."""

    def __init__(self, app: "ASGIApp", longest: int, longer: Mapping[str, int] | None = None) -> None:
        """`longest` in bytes; `longer` for some paths."""
        self._app = app
        self._longest = longest
        self._longer = longer or {}

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass on, counting."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        longest = self._longer.get(scope["path"], self._longest)
        if announced.isdigit() and int(announced) > longest:
            await self._refuse(longest, scope, receive, send)
            return
        await self._app(scope, self._counted(longest, receive), send)

    def _counted(self, longest: int, receive: "Receive") -> "Receive":
        taken = 0

        async def counted() -> "Message":
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > longest:
                raise HTTPException(413)  # the one kind of exception that the framework passes on from a body
            return message

        return counted

    async def _refuse(self, longest: int, scope: "Scope", receive: "Receive", send: "Send") -> None:
        problem = Problem(413, f"A body may have {longest} bytes.", headers={"Connection": "close"})
        await problem.response()(scope, receive, send)
