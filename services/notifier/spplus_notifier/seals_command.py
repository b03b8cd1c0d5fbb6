"""The operator's command for seal keys: which of them are still needed."""

import argparse
import asyncio
import sys
from typing import Final

from rich.console import Console
from rich.table import Table

from spplus_chassis.database import open_pool
from spplus_notifier import resealing
from spplus_notifier.sealing import SealedBy, Sealer
from spplus_notifier.settings import NotifierSettings

HELP: Final = "which seal keys are still needed; seal everything with the newest"
_OUT: Final = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 200)
_ERR: Final = Console(stderr=True, highlight=False, soft_wrap=True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``seals list | reseal``."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    actions.add_parser("list", help="show how much stands under which key; exit code 1 unless all under the newest")
    actions.add_parser("reseal", help="seal everything with the newest key now, then show the same")


def run(arguments: argparse.Namespace, settings: NotifierSettings) -> int:
    """Do one of them; the exit code."""
    keys = settings.sealing_keys()
    if not keys:
        _ERR.print("no seal key is set")
        return 1
    return asyncio.run(_run(arguments.action, settings.database_url, Sealer(keys)))


async def _run(action: str, database_url: str, sealer: Sealer) -> int:
    async with await open_pool(database_url, 2) as pool:
        if action == "reseal":
            _ERR.print(f"{await resealing.reseal(pool, sealer):,} sealed anew")
        standing = await resealing.standing(pool, sealer)
    table = Table("column", *(key.value for key in SealedBy))
    for column, counted in standing.items():
        table.add_row(str(column), *(f"{counted[key]:,}" for key in SealedBy))
    _OUT.print(table)
    if any(counted.total() > counted[SealedBy.NEWEST] for counted in standing.values()):
        _ERR.print("Take no key away: not everything stands under the newest.")
        return 1
    _ERR.print("The first key is enough.")
    return 0
