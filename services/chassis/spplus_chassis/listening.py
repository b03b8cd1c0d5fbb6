"""Word from other processes through the database (LISTEN/NOTIFY). It is a hint: listeners also look by the clock.

A notification reaches those who listen when its transaction commits. It may be lost: while the connection is being
made anew, or where a pooler in front of PostgreSQL hands each transaction another connection.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import asyncpg

_CONNECT_SECONDS: Final = 5.0
_PROBE_SECONDS: Final = 30.0
"""A connection whose other end went away without a word is found out after that."""


async def listen(url: str, channel: str, wake: Callable[[], None]) -> None:
    """Call `wake` at the start and at each notification, by a connection of its own.

    Never returns; raises `OSError` or an error of asyncpg when the connection is lost.
    """
    connection = await asyncpg.connect(url, timeout=_CONNECT_SECONDS, command_timeout=_CONNECT_SECONDS)
    lost = asyncio.Event()
    try:
        connection.add_termination_listener(lambda _connection: lost.set())
        await connection.add_listener(channel, lambda *_notification: wake())
        wake()  # what was said before this connection stood
        while True:
            try:
                await asyncio.wait_for(lost.wait(), _PROBE_SECONDS)
            except TimeoutError:
                await connection.execute("SELECT 1")
            else:
                raise ConnectionResetError("the connection that listens was lost")
    finally:
        connection.terminate()
