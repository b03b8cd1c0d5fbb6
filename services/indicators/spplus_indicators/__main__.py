"""Commands of the indicators service."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable

from spplus_chassis import dead_letters_command
from spplus_chassis.database import Pool, open_pool
from spplus_chassis.kafka_settings import read_settings
from spplus_chassis.migrations import migrate
from spplus_chassis.service import serve
from spplus_indicators import audit_command, rebuild_command, snapshot_command
from spplus_indicators.app import build
from spplus_indicators.settings import IndicatorsSettings

_CONNECTIONS = 4


def main() -> None:
    """Run one command."""
    parser = argparse.ArgumentParser(prog="spplus-indicators", description="Scoring: from events to figures.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="score what the bus delivers and publish the figures")
    commands.add_parser("migrate", help="bring the database's tables up to date")
    audit_command.describe(commands.add_parser("audit", help=audit_command.HELP))
    rebuild_command.describe(commands.add_parser("rebuild", help=rebuild_command.HELP))
    snapshot_command.describe(commands.add_parser("snapshot", help="the figures as they stood published at an instant"))
    dead_letters_command.add_arguments(commands.add_parser("dead-letters", help=dead_letters_command.HELP))
    words = parser.parse_args()
    settings = read_settings(IndicatorsSettings, "spplus-indicators")
    if words.command == "serve":
        serve(build(settings))
    elif words.command == "migrate":
        for name in asyncio.run(migrate(settings.database_url, "spplus_indicators")):
            print(name)
    elif words.command == "rebuild":
        run = rebuild_command.run
        sys.exit(asyncio.run(_with_pool(settings, lambda pool: run(pool, words, settings, settings.thresholds))))
    elif words.command == "snapshot":
        sys.exit(asyncio.run(_with_pool(settings, lambda pool: snapshot_command.run(pool, words))))
    elif words.command == "dead-letters":
        sys.exit(dead_letters_command.run(words, build(settings)))
    else:
        sys.exit(
            asyncio.run(
                _with_pool(settings, lambda pool: audit_command.run(pool, words, thresholds=settings.thresholds))
            )
        )


async def _with_pool(settings: IndicatorsSettings, command: Callable[[Pool], Awaitable[int]]) -> int:
    pool = await open_pool(settings.database_url, _CONNECTIONS)
    try:
        return await command(pool)
    finally:
        await pool.close()


if __name__ == "__main__":
    main()
