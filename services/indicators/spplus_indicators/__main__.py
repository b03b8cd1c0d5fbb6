"""Commands of the indicators service."""

import argparse
import asyncio

from spplus_chassis.migrations import migrate
from spplus_chassis.service import serve
from spplus_indicators.app import build
from spplus_indicators.settings import IndicatorsSettings


def main() -> None:
    """Run one command."""
    parser = argparse.ArgumentParser(prog="spplus-indicators", description="Scoring: from events to figures.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="score what the bus delivers and publish the figures")
    commands.add_parser("migrate", help="bring the database's tables up to date")
    command = parser.parse_args().command
    settings = IndicatorsSettings()
    if command == "serve":
        serve(build(settings))
    else:
        for name in asyncio.run(migrate(settings.database_url, "spplus_indicators")):
            print(name)


if __name__ == "__main__":
    main()
