"""The shape of a command, and what each of them needs."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import asyncpg
from rich.console import Console

from spplus_chassis.database import UNREACHABLE, Connection, Pool, open_pool
from spplus_feedback.settings import FeedbackSettings

Run = Callable[[argparse.Namespace, FeedbackSettings], int]
T = TypeVar("T")

_UNSEEN_WIDTH: Final = 200
"""Characters of a line that no terminal shows: what reads a table from a pipe wants it whole."""

OUT: Final = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _UNSEEN_WIDTH)
ERR: Final = Console(stderr=True, highlight=False, soft_wrap=True)


class CommandError(Exception):
    """The command cannot do its work; the message says why."""


@dataclass(frozen=True, slots=True)
class Command:
    """One word after the program's name."""

    name: str
    help: str
    run: Run
    arguments: Callable[[argparse.ArgumentParser], None] = lambda _parser: None


def with_pool(settings: FeedbackSettings, work: Callable[[Pool], Awaitable[T]]) -> T:
    """Do some work on the service's database. Raises `CommandError` where it is away, not migrated, or interrupted."""

    async def run() -> T:
        pool = await open_pool(settings.database_url, 2)
        try:
            return await work(pool)
        finally:
            await pool.close()

    try:
        return asyncio.run(run())
    except KeyboardInterrupt:
        raise CommandError("interrupted; what is done stays done, run it again for the rest") from None
    except asyncpg.UndefinedTableError:
        raise CommandError("the database is not up to date: run `spplus-feedback migrate`") from None
    except UNREACHABLE as error:
        raise CommandError(
            f"the database cannot be reached ({type(error).__name__}); is the platform running?"
        ) from None


def with_connection(settings: FeedbackSettings, work: Callable[[Connection], Awaitable[T]]) -> T:
    """The same on one of its connections."""

    async def on_pool(pool: Pool) -> T:
        async with pool.acquire() as connection:
            return await work(connection)

    return with_pool(settings, on_pool)
