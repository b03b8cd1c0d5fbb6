"""The operators' commands for API keys and for the register of sources."""

import argparse
import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

import asyncpg
from aiokafka.errors import KafkaError
from rich.table import Table

from spplus_chassis.database import Connection
from spplus_chassis.topics import create_topics
from spplus_contracts.closed_list import ClosedList
from spplus_contracts.topics import inbound
from spplus_contracts.vocabulary import FeedbackKind, RequestKind
from spplus_feedback.access import (
    WHOLE_SOURCE,
    BadKeyError,
    Scope,
    create_key,
    list_keys,
    revoke_key,
    rotate_key,
)
from spplus_feedback.commands import ERR, OUT, CommandError, with_connection
from spplus_feedback.deadlines import end_of_day, paris_day
from spplus_feedback.gate_rules import Source
from spplus_feedback.settings import FeedbackSettings
from spplus_feedback.source_counts import ACCEPTED, DUPLICATE, SourceCount, counts_of
from spplus_feedback.sources import remove_source, save_source, sources
from spplus_feedback.structures_queries import structures_of

_LATELY: Final = timedelta(days=7)


def key_arguments(parser: argparse.ArgumentParser) -> None:
    """``keys create | list | rotate | revoke``."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    create = actions.add_parser("create", help="make a key and print it, once")
    create.add_argument("--name", required=True, help="what it is for, for people")
    create.add_argument(
        "--scope", required=True, action="append", choices=[scope.value for scope in Scope], help="may be repeated"
    )
    create.add_argument("--structure", metavar="CODE", help="root of the part of the tree; its source's if absent")
    create.add_argument("--source", metavar="CODE", help="the system that the key speaks for, with scopes of events")
    create.add_argument("--expires", type=date.fromisoformat, metavar="DAY", help="last day that it is in force")
    actions.add_parser("list", help="show all keys, never the keys themselves")
    rotate = actions.add_parser("rotate", help="make a key in the place of another, and print it, once")
    rotate.add_argument("id", type=int, help="number shown by list")
    rotate.add_argument("--overlap-hours", type=float, default=72.0, help="how long the old one goes on (%(default)g)")
    revoke = actions.add_parser("revoke", help="take a key back at once")
    revoke.add_argument("id", type=int, help="number shown by list")


def keys(arguments: argparse.Namespace, settings: FeedbackSettings) -> int:
    """Make, list, replace or take back API keys."""
    if arguments.action == "create":
        return _create_key(arguments, settings)
    if arguments.action == "rotate":
        return _rotate_key(arguments, settings)
    if arguments.action == "revoke":
        if not with_connection(settings, lambda connection: revoke_key(connection, arguments.id)):
            raise CommandError(f"no key {arguments.id} in force")
        ERR.print(f"Key {arguments.id} is revoked.")
        return 0
    table = Table("id", "name", "scopes", "structure", "source", "created", "last used", "expires", "revoked", "now")
    for key in with_connection(settings, list_keys):
        instants = (key.created_at, key.last_used_at, key.expires_at, key.revoked_at)
        stand = ("in force" if key.in_force else "ended") + (f", see {key.replaced_by}" if key.replaced_by else "")
        names = (key.name, " ".join(key.scopes), key.structure_code, key.source or "")
        table.add_row(str(key.id), *names, *map(_minute, instants), stand)
    OUT.print(table)
    return 0


def _create_key(arguments: argparse.Namespace, settings: FeedbackSettings) -> int:
    if arguments.structure is None and arguments.source is None:
        raise CommandError("give --structure, --source, or both")
    scopes = [Scope(value) for value in arguments.scope]
    expires_at = None if arguments.expires is None else end_of_day(arguments.expires)
    if expires_at is not None and expires_at <= datetime.now(UTC):
        raise CommandError("the last day of a key lies ahead")
    try:
        key = with_connection(
            settings,
            lambda connection: create_key(
                connection,
                name=arguments.name,
                scopes=scopes,
                structure_code=arguments.structure or WHOLE_SOURCE,
                source=arguments.source,
                expires_at=expires_at,
            ),
        )
    except BadKeyError as error:
        raise CommandError(str(error)) from None
    _show_once(key)
    return 0


def _rotate_key(arguments: argparse.Namespace, settings: FeedbackSettings) -> int:
    if not 0 <= arguments.overlap_hours <= 24 * 366:
        raise CommandError("an overlap lasts from 0 hours to a year")
    overlap = timedelta(hours=arguments.overlap_hours)
    rotated = with_connection(settings, lambda connection: rotate_key(connection, arguments.id, overlap=overlap))
    if rotated is None:
        raise CommandError(f"no key {arguments.id} in force, or it was replaced before")
    number, key = rotated
    _show_once(key)
    ERR.print(f"It is key {number}. Key {arguments.id} goes on for {arguments.overlap_hours:g} hours.")
    return 0


def _show_once(key: str) -> None:
    OUT.print(key, markup=False)
    ERR.print("This key is shown once; only its hash is stored.")


def source_arguments(parser: argparse.ArgumentParser) -> None:
    """``sources add | list | counts | remove``."""
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
    actions.add_parser("list", help="show the register, with what was accepted and refused")
    counts = actions.add_parser("counts", help="show what became of a source's events, by door and reason")
    counts.add_argument("code")
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
    if arguments.action == "counts":
        return _show_counts(arguments.code, settings)
    return _list_sources(settings)


def _list_sources(settings: FeedbackSettings) -> int:
    async def read(connection: Connection) -> tuple[list[Source], list[SourceCount]]:
        found = await sources(connection)
        return found, await counts_of(connection, [source.code for source in found], since=_some_days_ago())

    registered, counts = with_connection(settings, read)
    columns = ("code", "name", "in force", "structures", "feedback", "single", "bulk")
    table = Table(*columns, "accepted", "duplicate", "refused", "last seen")
    for source in registered:
        mine = [each for each in counts if each.source == source.code]
        grants = (source.structure_codes, source.feedback_kinds, source.single_kinds, source.bulk_kinds)
        table.add_row(
            source.code,
            source.name,
            "yes" if source.active else "no",
            *(" ".join(sorted(grant)) for grant in grants),
            *(f"{number:,}" for number in _totals(mine)),
            _minute(max((each.last_at for each in mine), default=None)),
        )
    OUT.print(table)
    return 0


def _show_counts(code: str, settings: FeedbackSettings) -> int:
    counts = with_connection(settings, lambda connection: counts_of(connection, [code], since=_some_days_ago()))
    table = Table("door", "verdict", "events", f"last {_LATELY.days} days", "latest")
    for each in counts:
        table.add_row(each.door, each.verdict, f"{each.events:,}", f"{each.lately:,}", _minute(each.last_at))
    OUT.print(table)
    return 0


def _totals(counts: Sequence[SourceCount]) -> tuple[int, int, int]:
    accepted = sum(each.events for each in counts if each.verdict == ACCEPTED)
    duplicate = sum(each.events for each in counts if each.verdict == DUPLICATE)
    return accepted, duplicate, sum(each.events for each in counts) - accepted - duplicate


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


def _some_days_ago() -> date:
    return paris_day(datetime.now(UTC) - _LATELY)


def _minute(instant: datetime | None) -> str:
    return "" if instant is None else f"{instant:%Y-%m-%d %H:%M} UTC"
