"""Commands of the intake service: ``spplus-feedback <command>``."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from spplus_chassis import dead_letters_command
from spplus_chassis.kafka_settings import read_settings
from spplus_chassis.migrations import migrate
from spplus_chassis.service import serve
from spplus_feedback.access_list_commands import access_list_arguments, print_access_lists
from spplus_feedback.account_commands import account_arguments, accounts
from spplus_feedback.agency_commands import key_arguments, keys, source_arguments, source_register
from spplus_feedback.app import PACKAGE, build
from spplus_feedback.commands import Command, CommandError, Run
from spplus_feedback.export_commands import export_arguments, export_experiences
from spplus_feedback.import_commands import (
    experience_arguments,
    file_arguments,
    import_experiences,
    import_structures,
)
from spplus_feedback.notice_commands import notice_key_arguments, turn_notice_keys
from spplus_feedback.retention_commands import retention, retention_arguments
from spplus_feedback.settings import FeedbackSettings


def _serve(_arguments: argparse.Namespace, settings: FeedbackSettings) -> int:
    serve(build(settings))
    return 0


def _migrate(_arguments: argparse.Namespace, settings: FeedbackSettings) -> int:
    for name in asyncio.run(migrate(settings.database_url, PACKAGE)):
        print(f"applied {name}")
    return 0


def _dead_letters(arguments: argparse.Namespace, settings: FeedbackSettings) -> int:
    return dead_letters_command.run(arguments, build(settings))


COMMANDS: tuple[Command, ...] = (
    Command("serve", "take stories and answers", _serve),
    Command("migrate", "bring the database up to date", _migrate),
    Command("import-structures", "declare the structures of the official list", import_structures, file_arguments),
    Command(
        "import-experiences", "take the experiences of the official file", import_experiences, experience_arguments
    ),
    Command("accounts", "make, list, change and close accounts of people", accounts, account_arguments),
    Command("export-experiences", "write what is public in the official columns", export_experiences, export_arguments),
    Command("keys", "make, list, replace and take back API keys", keys, key_arguments),
    Command("sources", "register other systems that emit events", source_register, source_arguments),
    Command("access-lists", "print who may do what on the brokers", print_access_lists, access_list_arguments),
    Command("retention", "delete what is older than its setting; figures never change", retention, retention_arguments),
    Command(
        "notice-keys",
        "make or turn over the keys that sign tickets for notices",
        turn_notice_keys,
        notice_key_arguments,
    ),
    Command("dead-letters", dead_letters_command.HELP, _dead_letters, dead_letters_command.add_arguments),
)


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; its result is the exit code."""
    parser = argparse.ArgumentParser(prog="spplus-feedback", description="Intake of the platform.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for command in COMMANDS:
        sub = commands.add_parser(command.name, help=command.help, description=command.help)
        command.arguments(sub)
        sub.set_defaults(run=command.run)
    arguments = parser.parse_args(words)
    run: Run = arguments.run
    try:
        return run(arguments, read_settings(FeedbackSettings, "spplus-feedback"))
    except CommandError as error:
        print(f"spplus-feedback: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
