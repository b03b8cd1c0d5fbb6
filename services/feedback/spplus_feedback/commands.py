"""The shape of a command, and the operators' commands for keys and sources."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

import asyncpg
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.table import Table

from spplus_chassis.database import UNREACHABLE, Connection, Pool, open_pool
from spplus_chassis.topics import create_topics
from spplus_contracts.closed_list import ClosedList
from spplus_contracts.topics import inbound
from spplus_contracts.vocabulary import FeedbackKind, RequestKind
from spplus_feedback.access import Scope, UnknownStructureError, create_key, list_keys, revoke_key
from spplus_feedback.gate_rules import Source
from spplus_feedback.settings import FeedbackSettings
from spplus_feedback.sources import remove_source, save_source, sources
from spplus_feedback.structures_queries import structures_of

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


def key_arguments(parser: argparse.ArgumentParser) -> None:
    """``keys create | list | revoke``."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    create = actions.add_parser("create", help="make a key and print it, once")
    create.add_argument("--name", required=True, help="what it is for, for people")
    create.add_argument(
        "--scope", required=True, action="append", choices=[scope.value for scope in Scope], help="may be repeated"
    )
    create.add_argument("--structure", required=True, metavar="CODE", help="root of the part of the tree it is for")
    actions.add_parser("list", help="show all keys, never the keys themselves")
    revoke = actions.add_parser("revoke", help="take a key back at once")
    revoke.add_argument("id", type=int, help="number shown by list")


def keys(arguments: argparse.Namespace, settings: FeedbackSettings) -> int:
    """Make, list or take back API keys."""
    if arguments.action == "create":
        scopes = [Scope(value) for value in arguments.scope]
        try:
            key = with_connection(
                settings,
                lambda connection: create_key(
                    connection, name=arguments.name, scopes=scopes, structure_code=arguments.structure
                ),
            )
        except UnknownStructureError as error:
            raise CommandError(str(error)) from None
        OUT.print(key, markup=False)
        ERR.print("This key is shown once; only its hash is stored.")
        return 0
    if arguments.action == "revoke":
        if not with_connection(settings, lambda connection: revoke_key(connection, arguments.id)):
            raise CommandError(f"no key {arguments.id} in force")
        ERR.print(f"Key {arguments.id} is revoked.")
        return 0
    table = Table("id", "name", "scopes", "structure", "created", "last used", "revoked")
    for key_row in with_connection(settings, list_keys):
        instants = (key_row.created_at, key_row.last_used_at, key_row.revoked_at)
        table.add_row(
            str(key_row.id), key_row.name, " ".join(key_row.scopes), key_row.structure_code, *map(_minute, instants)
        )
    OUT.print(table)
    return 0


def source_arguments(parser: argparse.ArgumentParser) -> None:
    """``sources add | list | remove``."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    add = actions.add_parser("add", help="register a system, or change what it may say; makes its inbound topic")
    add.add_argument("code", help="lower-case code; also the source of its events and part of its topic's name")
    add.add_argument("--name", required=True, help="name of the system, for people")
    add.add_argument("--structure", required=True, action="append", metavar="CODE", help="root of a part of the tree")
    for option, kinds, what in (
        ("--feedback", FeedbackKind, "kind of feedback that it may submit"),
        ("--single", RequestKind, "kind of request that it reports one by one"),
        ("--bulk", RequestKind, "kind of request that it reports as totals of a month"),
    ):
        add.add_argument(option, action="append", default=[], choices=_values(kinds), help=f"{what}; may be repeated")
    add.add_argument("--replication", type=int, default=1, help="copies of the inbound topic (3 in production)")
    actions.add_parser("list", help="show the register")
    remove = actions.add_parser("remove", help="refuse all that a system says from now on")
    remove.add_argument("code")


def source_register(arguments: argparse.Namespace, settings: FeedbackSettings) -> int:
    """Change or show who may say what."""
    if arguments.action == "add":
        return _add_source(arguments, settings)
    if arguments.action == "remove":
        if not with_connection(settings, lambda connection: remove_source(connection, arguments.code)):
            raise CommandError(f"no source {arguments.code} in force")
        ERR.print(f"All that {arguments.code} says is refused from now on.")
        return 0
    table = Table("code", "name", "in force", "structures", "feedback", "single", "bulk")
    for source in with_connection(settings, sources):
        grants = (source.structure_codes, source.feedback_kinds, source.single_kinds, source.bulk_kinds)
        lists = (" ".join(sorted(grant)) for grant in grants)
        table.add_row(source.code, source.name, "yes" if source.active else "no", *lists)
    OUT.print(table)
    return 0


def _add_source(arguments: argparse.Namespace, settings: FeedbackSettings) -> int:
    source = Source(
        code=arguments.code,
        name=arguments.name,
        feedback_kinds=frozenset(arguments.feedback),
        single_kinds=frozenset(arguments.single),
        bulk_kinds=frozenset(arguments.bulk),
        structure_codes=frozenset(arguments.structure),
    )
    twice = source.single_kinds & source.bulk_kinds
    if twice:
        raise CommandError(f"counted twice, if both single and bulk: {', '.join(sorted(twice))}")

    async def save(connection: Connection) -> None:
        missing = source.structure_codes - set(await structures_of(connection, source.structure_codes))
        if missing:
            raise CommandError(f"no structure {', '.join(sorted(missing))}")
        await save_source(connection, source)

    topic = inbound(source.code)
    try:
        with_connection(settings, save)
        asyncio.run(create_topics(settings, [topic], settings.topic_prefix, replication=arguments.replication))
    except asyncpg.CheckViolationError:
        raise CommandError("a code has lower-case letters, digits and dashes, and is not spplus") from None
    except KafkaError as error:
        raise CommandError(f"registered, but its topic could not be made ({error}); run this again") from None
    OUT.print(settings.topic_prefix + topic.name)
    ERR.print(f"{source.code} may write to this topic.")
    return 0


def _values(kinds: type[ClosedList]) -> list[str]:
    return [kind.value for kind in kinds if kind.value != "unknown"]


def _minute(instant: datetime | None) -> str:
    return "" if instant is None else f"{instant:%Y-%m-%d %H:%M} UTC"
