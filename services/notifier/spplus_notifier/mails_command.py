"""The operator's command for mails of which nobody knows whether they were sent."""

import argparse
import asyncio
import sys
from typing import Final

from rich.console import Console
from rich.table import Table

from spplus_chassis.database import open_pool
from spplus_notifier.mail import sending_repository
from spplus_notifier.settings import NotifierSettings

HELP: Final = "mails of which nobody knows whether they were sent: show, send once more, leave"
_OUT: Final = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 200)
_ERR: Final = Console(stderr=True, highlight=False, soft_wrap=True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``mails list | resend | drop``."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    actions.add_parser("list", help="show them, without their addresses")
    for name, said in (("resend", "send one once more"), ("drop", "leave one as it is, and delete its address")):
        actions.add_parser(name, help=said).add_argument("mail_id")


def run(arguments: argparse.Namespace, settings: NotifierSettings) -> int:
    """Do one of them; the exit code."""
    return asyncio.run(_run(arguments, settings))


async def _run(arguments: argparse.Namespace, settings: NotifierSettings) -> int:
    pool = await open_pool(settings.database_url, 2)
    try:
        if arguments.action == "list":
            table = Table("mail", "kind", "made")
            for mail_id, kind, made_at in await sending_repository.uncertain(pool):
                table.add_row(mail_id, kind, f"{made_at:%Y-%m-%d %H:%M} UTC")
            _OUT.print(table)
            return 0
        done = await sending_repository.decide(pool, arguments.mail_id, send=arguments.action == "resend")
    finally:
        await pool.close()
    _ERR.print("done" if done else "no such mail is uncertain")
    return 0 if done else 1
