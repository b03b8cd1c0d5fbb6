"""Commands of the indicators service."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable

from spplus_chassis import dead_letters_command
from spplus_chassis.database import Pool, open_pool
from spplus_chassis.migrations import migrate
from spplus_chassis.service import serve
from spplus_indicators import snapshot_command
from spplus_indicators.app import build
from spplus_indicators.audit import audit
from spplus_indicators.settings import IndicatorsSettings


def main() -> None:
    """Run one command."""
    parser = argparse.ArgumentParser(prog="spplus-indicators", description="Scoring: from events to figures.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="score what the bus delivers and publish the figures")
    commands.add_parser("migrate", help="bring the database's tables up to date")
    commands.add_parser("audit", help="compute tallies and figures anew from the ledger and list what differs")
    snapshot_command.describe(commands.add_parser("snapshot", help="the figures as they stood published at an instant"))
    dead_letters_command.add_arguments(commands.add_parser("dead-letters", help=dead_letters_command.HELP))
    words = parser.parse_args()
    settings = IndicatorsSettings()
    if words.command == "serve":
        serve(build(settings))
    elif words.command == "migrate":
        for name in asyncio.run(migrate(settings.database_url, "spplus_indicators")):
            print(name)
    elif words.command == "snapshot":
        sys.exit(asyncio.run(_with_pool(settings, lambda pool: snapshot_command.run(pool, words))))
    elif words.command == "dead-letters":
        sys.exit(dead_letters_command.run(words, build(settings)))
    else:
        sys.exit(asyncio.run(_with_pool(settings, lambda pool: _audit(pool, settings))))


async def _with_pool(settings: IndicatorsSettings, command: Callable[[Pool], Awaitable[int]]) -> int:
    pool = await open_pool(settings.database_url, 2)
    try:
        return await command(pool)
    finally:
        await pool.close()


async def _audit(pool: Pool, settings: IndicatorsSettings) -> int:
    found = await audit(pool, min_sample=settings.min_sample)
    for difference in found:
        print(difference)
    print(f"{len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    main()
