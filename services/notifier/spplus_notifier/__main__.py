"""Commands of the notifier."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from spplus_chassis import dead_letters_command
from spplus_chassis.kafka_settings import read_settings
from spplus_chassis.migrations import migrate
from spplus_chassis.service import serve
from spplus_notifier import mails_command, seals_command, webhooks_command
from spplus_notifier.app import PACKAGE, build
from spplus_notifier.settings import NotifierSettings


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command."""
    parser = argparse.ArgumentParser(prog="spplus-notifier", description="Publication: results, open data, live stream")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="serve pages, open data and the live stream")
    commands.add_parser("migrate", help="bring the database up to this version")
    dead_letters_command.add_arguments(commands.add_parser("dead-letters", help=dead_letters_command.HELP))
    webhooks_command.add_arguments(commands.add_parser("webhooks", help=webhooks_command.HELP))
    mails_command.add_arguments(commands.add_parser("mails", help=mails_command.HELP))
    seals_command.add_arguments(commands.add_parser("seals", help=seals_command.HELP))
    chosen = parser.parse_args(arguments)
    settings = read_settings(NotifierSettings, "spplus-notifier")
    if chosen.command == "serve":
        serve(build(settings))
        return
    if chosen.command == "dead-letters":
        sys.exit(dead_letters_command.run(chosen, build(settings)))
    if chosen.command == "webhooks":
        sys.exit(webhooks_command.run(chosen, settings))
    if chosen.command == "mails":
        sys.exit(mails_command.run(chosen, settings))
    if chosen.command == "seals":
        sys.exit(seals_command.run(chosen, settings))
    applied = asyncio.run(migrate(settings.database_url, PACKAGE))
    print("\n".join(applied) or "nothing to apply")


if __name__ == "__main__":
    main()
