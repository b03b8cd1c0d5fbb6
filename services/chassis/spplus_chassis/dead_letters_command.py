"""The operators' command for dead letters, the same in each service: ``dead-letters list | show | replay | drop``.

Exit codes: 0 all that was asked is done, 1 a record was refused again or the command could not do its work.
"""

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

import asyncpg
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from spplus_chassis import dead_letters_queries, dead_letters_replay
from spplus_chassis.database import UNREACHABLE, Connection, Pool, open_pool
from spplus_chassis.dead_letters_queries import Choice, LetterKey
from spplus_chassis.dead_letters_replay import Because, End, Outcome
from spplus_chassis.dead_letters_views import ERR, print_letters, print_one
from spplus_chassis.delivery import AnySubscription
from spplus_chassis.service import Service

HELP: Final = "list, show, replay and drop the records that were refused"
Place = tuple[str, int, int]
"""Topic, partition, offset."""
_NOT_MIGRATED: Final = (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError)


class CommandError(Exception):
    """The command cannot do its work; the message says why."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``list | show | replay | drop``."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    listing = actions.add_parser("list", help="show what waits, the oldest first, with counts by reason")
    _add_filters(listing)
    listing.add_argument("--since", type=_instant, metavar="TIME", help="refused at or after this instant (ISO 8601)")
    listing.add_argument("--limit", type=int, default=50, help="most letters that are shown (default: %(default)s)")
    listing.add_argument("--all", action="store_true", help="also what was replayed, dropped or has expired")
    listing.add_argument("--json", action="store_true", help="as JSON")
    show = actions.add_parser("show", help="show one record with its headers, personal values masked")
    show.add_argument("place", type=_place, metavar="TOPIC/PARTITION/OFFSET")
    show.add_argument("--unmasked", action="store_true", help="as it came; it may hold personal data")
    show.add_argument("--json", action="store_true", help="as JSON")
    replay = actions.add_parser("replay", help="offer records to their consumer once more")
    _add_targets(replay)
    replay.add_argument("--dry-run", action="store_true", help="try, say what would become of each, change nothing")
    drop = actions.add_parser("drop", help="decide that records are never taken")
    _add_targets(drop)
    drop.add_argument("--because", required=True, choices=[each.value for each in Because], help="why")


def run(arguments: argparse.Namespace, service: Service) -> int:
    """Run the command on a service's database; the service is built and not started."""
    actions = {"list": _list, "show": _show, "replay": _replay, "drop": _drop}
    try:
        return asyncio.run(_on_pool(service, lambda pool: actions[arguments.action](arguments, service, pool)))
    except KeyboardInterrupt:
        ERR.print("interrupted; what is done stays done, run it again for the rest")
    except _NOT_MIGRATED:
        ERR.print(f"the database is not up to date: run `spplus-{service.name} migrate`")
    except UNREACHABLE as error:
        ERR.print(f"the database cannot be reached ({type(error).__name__}); what is done stays done")
    except CommandError as fault:
        ERR.print(str(fault), markup=False)
    return 1


async def _on_pool(service: Service, work: Callable[[Pool], Awaitable[int]]) -> int:
    pool = await open_pool(service.settings.database_url, 1)
    try:
        return await work(pool)
    finally:
        await pool.close()


async def _list(arguments: argparse.Namespace, _service: Service, pool: Pool) -> int:
    choice = Choice(arguments.reason, arguments.topic, arguments.since, arguments.all)
    async with pool.acquire() as connection:
        counts = await dead_letters_queries.counts(connection, choice)
        letters = await dead_letters_queries.letters(connection, choice, arguments.limit)
    print_letters(counts, letters, as_json=arguments.json)
    return 0


async def _show(arguments: argparse.Namespace, _service: Service, pool: Pool) -> int:
    async with pool.acquire() as connection:
        letters = await dead_letters_queries.letters_at(connection, *arguments.place)
    if not letters:
        raise CommandError("there is no such dead letter")
    for letter in letters:
        print_one(letter, unmasked=arguments.unmasked, as_json=arguments.json)
    return 0


async def _replay(arguments: argparse.Namespace, service: Service, pool: Pool) -> int:
    subscriptions = {delivery.subscription.name: delivery.subscription for delivery in service.deliveries}
    async with pool.acquire() as connection:
        keys = await _targets(arguments, connection)
        if not keys or not (arguments.dry_run or _confirmed(arguments, f"Replay {_letters(len(keys))}?")):
            return _nothing(keys)
        outcomes = []
        with _progress() as progress:
            for key in progress.track(keys, description="replaying"):
                subscription = _subscription_of(key, subscriptions)
                outcomes.append(
                    await dead_letters_replay.replay(connection, subscription, key, dry_run=arguments.dry_run)
                )
    return _told(outcomes, dry_run=arguments.dry_run)


def _subscription_of(key: LetterKey, subscriptions: dict[str, AnySubscription]) -> AnySubscription:
    try:
        return subscriptions[key.consumer]
    except KeyError:
        raise CommandError(f"{key.place}: this version has no consumer {key.consumer}; drop it") from None


def _told(outcomes: list[Outcome], *, dry_run: bool) -> int:
    refused = [(outcome.key.place, outcome.refusal) for outcome in outcomes if outcome.refusal is not None]
    for place, refusal in refused:
        ERR.print(f"{place}: refused: {refusal.reason}: {refusal.detail}", markup=False)
    ends = Counter(outcome.end for outcome in outcomes)
    told = ", ".join(f"{ends[end]} {end.value}" for end in End if ends[end])
    ERR.print(f"would be: {told}" if dry_run else told)
    return 1 if refused else 0


async def _drop(arguments: argparse.Namespace, _service: Service, pool: Pool) -> int:
    async with pool.acquire() as connection:
        keys = await _targets(arguments, connection)
        if not keys or not _confirmed(arguments, f"Drop {_letters(len(keys))} for ever?"):
            return _nothing(keys)
        because = Because(arguments.because)
        dropped = [await dead_letters_replay.drop(connection, key, because) for key in keys]
    ERR.print(f"{sum(dropped)} dropped, {len(dropped) - sum(dropped)} resolved before")
    return 0


async def _targets(arguments: argparse.Namespace, connection: Connection) -> list[LetterKey]:
    if arguments.place is not None:
        if arguments.reason or arguments.topic:
            raise CommandError("give either one record or --reason and --topic")
        found = await dead_letters_queries.letters_at(connection, *arguments.place)
        if not found:
            raise CommandError("there is no such dead letter")
        return [letter.key for letter in found]
    if not (arguments.reason or arguments.topic):
        raise CommandError("say which: TOPIC/PARTITION/OFFSET, --reason or --topic")
    return await dead_letters_queries.places(connection, Choice(arguments.reason, arguments.topic))


def _confirmed(arguments: argparse.Namespace, question: str) -> bool:
    if arguments.yes:
        return True
    if not sys.stdin.isatty():
        raise CommandError(f"{question} Nobody is there to answer: say --yes")
    ERR.print(f"{question} [y/N] ", end="", markup=False)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _nothing(keys: list[LetterKey]) -> int:
    ERR.print("nothing was changed" if keys else "no dead letter of this kind waits")
    return 0


def _progress() -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=ERR, transient=True)


def _letters(count: int) -> str:
    return "1 dead letter" if count == 1 else f"{count} dead letters"


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reason", help="only those refused for this reason")
    parser.add_argument("--topic", help="only those of this topic, without the platform's prefix")


def _add_targets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("place", nargs="?", type=_place, metavar="TOPIC/PARTITION/OFFSET", help="one record ...")
    parser.add_argument("--reason", help="... or all that wait and were refused for this reason")
    parser.add_argument("--topic", help="... or all that wait of this topic")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _place(text: str) -> Place:
    parts = text.rsplit("/", 2)
    try:
        topic, partition, offset = parts[0], int(parts[1]), int(parts[2])
    except (IndexError, ValueError):
        raise argparse.ArgumentTypeError("a record is named TOPIC/PARTITION/OFFSET, as list shows it") from None
    return topic, partition, offset


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("write an instant as 2026-11-23T10:00:00Z, or a day") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
