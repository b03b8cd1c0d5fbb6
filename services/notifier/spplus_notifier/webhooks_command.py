"""The operator's command for webhooks and the keys of subscribers."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from rich.console import Console
from rich.table import Table

from spplus_chassis.database import Pool, open_pool
from spplus_notifier import subscriptions_command
from spplus_notifier.mail.address import read_address
from spplus_notifier.mail.recipients import Recipient
from spplus_notifier.sealing import Sealer
from spplus_notifier.settings import NotifierSettings
from spplus_notifier.subscriptions_command import minute
from spplus_notifier.webhooks import keys

HELP: Final = "keys of subscribers; webhooks: subscribe, list, log, test, replay, secret, enable, delete"
_OUT: Final = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 200)
_ERR: Final = Console(stderr=True, highlight=False, soft_wrap=True)
T = TypeVar("T")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is done with a webhook, and ``key-create | key-list | key-contact | key-revoke``."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    subscriptions_command.add_arguments(actions)
    create = actions.add_parser("key-create", help="make a key for a subscriber and print it, once")
    create.add_argument("--name", required=True, help="what it is for, for people")
    create.add_argument("--structure", metavar="CODE", help="root of the part of the tree it is for; all, if absent")
    create.add_argument("--contact", metavar="ADDRESS", help="who is told by mail when a webhook is disabled")
    contact = actions.add_parser("key-contact", help="change who is told by mail when a webhook of a key is disabled")
    contact.add_argument("key_id", type=int)
    contact.add_argument("contact", nargs="?", metavar="ADDRESS", help="nobody, if absent")
    actions.add_parser("key-list", help="show all keys, never the keys themselves")
    revoke = actions.add_parser("key-revoke", help="take a key back and disable its webhooks")
    revoke.add_argument("key_id", type=int)


def run(arguments: argparse.Namespace, settings: NotifierSettings) -> int:
    """Do one of them; the exit code."""
    sealing_keys = settings.sealing_keys()
    sealer = Sealer(sealing_keys) if sealing_keys else None
    arguments.sealed_contact = None
    if getattr(arguments, "contact", None) is not None:
        address = read_address(arguments.contact)
        if address is None or sealer is None:
            _ERR.print("that is no address" if address is None else "no seal key is set")
            return 1
        arguments.sealed_contact = Recipient.new(address).sealed(sealer)
    if (act := _KEY_ACTIONS.get(arguments.action)) is not None:
        return asyncio.run(_with_pool(settings, lambda pool: act(pool, arguments)))
    return asyncio.run(_with_pool(settings, lambda pool: subscriptions_command.run(arguments, pool, sealer)))


async def _with_pool(settings: NotifierSettings, work: Callable[[Pool], Awaitable[T]]) -> T:
    pool = await open_pool(settings.database_url, 2)
    try:
        return await work(pool)
    finally:
        await pool.close()


async def _key_create(pool: Pool, arguments: argparse.Namespace) -> int:
    async with pool.acquire() as connection:
        key = await keys.create_key(
            connection,
            name=arguments.name,
            structure_code=arguments.structure,
            sealed_contact=arguments.sealed_contact,
        )
    _OUT.print(key, markup=False)
    _ERR.print("This key is shown once; only its hash is stored.")
    return 0


async def _key_list(pool: Pool, _arguments: argparse.Namespace) -> int:
    table = Table("id", "name", "structure", "contact", "created", "revoked")
    async with pool.acquire() as connection:
        for each in await keys.list_keys(connection):
            instants = (minute(each.created_at), minute(each.revoked_at))
            contact = "yes" if each.has_contact else ""
            table.add_row(str(each.key_id), each.name, each.structure_code or "all", contact, *instants)
    _OUT.print(table)
    return 0


async def _key_contact(pool: Pool, arguments: argparse.Namespace) -> int:
    async with pool.acquire() as connection:
        done = await keys.change_contact(connection, arguments.key_id, arguments.sealed_contact)
    _ERR.print(f"The contact of key {arguments.key_id} is changed." if done else f"no key {arguments.key_id} in force")
    return 0 if done else 1


async def _key_revoke(pool: Pool, arguments: argparse.Namespace) -> int:
    async with pool.acquire() as connection:
        done = await keys.revoke_key(connection, arguments.key_id)
    _ERR.print(f"Key {arguments.key_id} is revoked." if done else f"no key {arguments.key_id} in force")
    return 0 if done else 1


_KEY_ACTIONS: Final[dict[str, Callable[[Pool, argparse.Namespace], Awaitable[int]]]] = {
    "key-create": _key_create,
    "key-list": _key_list,
    "key-contact": _key_contact,
    "key-revoke": _key_revoke,
}
