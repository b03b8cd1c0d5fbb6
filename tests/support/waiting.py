"""Waiting for something that other processes do, with a bound and a message."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(ask: Callable[[], Awaitable[T]], what: str, *, seconds: float = 20.0) -> T:
    """The first truthy answer of `ask`; fails naming `what` and the last answer after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        answer = await ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            message = f"still waiting for {what} after {seconds} s; last answer: {answer!r}"
            raise AssertionError(message)
        await asyncio.sleep(0.05)
