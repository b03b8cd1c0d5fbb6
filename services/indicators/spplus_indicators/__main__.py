"""Commands of the indicators service."""

import argparse
import asyncio
import sys

from spplus_chassis import dead_letters_command
from spplus_chassis.database import open_pool
from spplus_chassis.migrations import migrate
from spplus_chassis.service import serve
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
    dead_letters_command.add_arguments(commands.add_parser("dead-letters", help=dead_letters_command.HELP))
    arguments = parser.parse_args()
    command = arguments.command
    settings = IndicatorsSettings()
    if command == "serve":
        serve(build(settings))
    elif command == "migrate":
        for name in asyncio.run(migrate(settings.database_url, "spplus_indicators")):
            print(name)
    elif command == "dead-letters":
        sys.exit(dead_letters_command.run(arguments, build(settings)))
    else:
        sys.exit(asyncio.run(_audit(settings)))


async def _audit(settings: IndicatorsSettings) -> int:
    pool = await open_pool(settings.database_url, 1)
    try:
        found = await audit(pool, min_sample=settings.min_sample)
    finally:
        await pool.close()
    for difference in found:
        print(difference)
    print(f"{len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    main()
