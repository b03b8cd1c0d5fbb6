"""Commands of the intake service: ``spplus-feedback <command>``."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from spplus_chassis.migrations import migrate
from spplus_chassis.service import serve
from spplus_feedback.app import PACKAGE, build
from spplus_feedback.settings import FeedbackSettings

Run = Callable[[argparse.Namespace, FeedbackSettings], int]


@dataclass(frozen=True, slots=True)
class Command:
    """One word after the program's name."""

    name: str
    help: str
    run: Run
    arguments: Callable[[argparse.ArgumentParser], None] = lambda _parser: None


def _serve(_arguments: argparse.Namespace, settings: FeedbackSettings) -> int:
    serve(build(settings))
    return 0


def _migrate(_arguments: argparse.Namespace, settings: FeedbackSettings) -> int:
    for name in asyncio.run(migrate(settings.database_url, PACKAGE)):
        print(f"applied {name}")
    return 0


COMMANDS: tuple[Command, ...] = (
    Command("serve", "take stories and answers", _serve),
    Command("migrate", "bring the database up to date", _migrate),
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
    return run(arguments, FeedbackSettings())


if __name__ == "__main__":
    sys.exit(main())
