"""The `spplus` command: the whole platform on one machine."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from spplus_embedded.errors import PartsError, is_disk_full
from spplus_embedded.jars import locked_file
from spplus_embedded.parts import fetch_parts, run_with_parts
from spplus_embedded.settings import UpSettings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; exit status 2 with one line on stderr where a part is missing or cannot start."""
    chosen = _parser().parse_args(arguments)
    try:
        status: int = chosen.run(chosen)
    except PartsError as error:
        print(f"spplus: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        if not is_disk_full(error):
            raise
        print(f"spplus: the disk is full ({error.filename})", file=sys.stderr)
        return 2
    except ValidationError as error:
        print(f"spplus: a setting is wrong: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="spplus", description="The whole platform on one machine, without Docker.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    up_command = commands.add_parser(
        "up",
        help="run Kafka, PostgreSQL and the three services until Ctrl-C",
        epilog=f"Settings, from the environment:\n{UpSettings.describe()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    up_command.add_argument("--reset", action="store_true", help="start empty: delete the data of earlier runs")
    up_command.set_defaults(run=_up)
    _add_demo(commands)
    _add_parts(commands)
    return parser


def _add_demo(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    demo_command = commands.add_parser("demo", help="play a year of one region through the public doors")
    demo_command.add_argument("--feedbacks", type=int, default=20_000, help="stories of the year (default: 20000)")
    demo_command.add_argument("--seed", type=int, default=2026, help="another seed gives another year")
    demo_command.add_argument(
        "--steady-seconds", type=float, default=10.0, help="how long to watch 200 stories a second (default: 10)"
    )
    demo_command.add_argument(
        "--directory", type=Path, default=Path(".spplus/demo"), help="data and logs, emptied at the start"
    )
    demo_command.add_argument("--json", type=Path, dest="json_file", help="also write the results to this file")
    demo_command.add_argument(
        "--keep",
        action=argparse.BooleanOptionalAction,
        default=sys.stdout.isatty(),
        help="stay up at the end, so that the pages can be opened (default: in a terminal)",
    )
    demo_command.set_defaults(run=_demo)


def _add_parts(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parts = commands.add_parser("parts", help="Kafka and PostgreSQL alone: fetch them, or run a command on them")
    of_parts = parts.add_subparsers(required=True, metavar="COMMAND")
    fetch = of_parts.add_parser("fetch", help="fetch and check what is missing")
    fetch.set_defaults(run=_fetch)
    run = of_parts.add_parser("run", help="run a command on throw-away Kafka and PostgreSQL")
    run.add_argument("command", nargs=argparse.REMAINDER, help="the command, after --")
    run.set_defaults(run=_run_with_parts)
    lock = of_parts.add_parser("lock", help="resolve Kafka's jars anew and write their lock")
    lock.set_defaults(run=_lock)


def _up(chosen: argparse.Namespace) -> int:
    from spplus_embedded.up import up  # noqa: PLC0415  # the services' libraries are slow to import

    return asyncio.run(up(UpSettings(), reset=chosen.reset))


def _demo(chosen: argparse.Namespace) -> int:
    from spplus_embedded.demo.command import DemoOptions, demo  # noqa: PLC0415  # as above

    if chosen.feedbacks < 1 or chosen.steady_seconds < 0:
        raise PartsError("--feedbacks must be at least 1, --steady-seconds must not be negative")
    options = DemoOptions(
        feedbacks=chosen.feedbacks,
        seed=chosen.seed,
        steady_seconds=chosen.steady_seconds,
        keep=chosen.keep,
        json_file=chosen.json_file,
        directory=chosen.directory,
    )
    return asyncio.run(demo(options))


def _fetch(_chosen: argparse.Namespace) -> int:
    fetch_parts(progress=lambda done, total: print(f"\rjars of Kafka: {done}/{total}", end="", flush=True))
    print("\rparts are ready        ")
    return 0


def _run_with_parts(chosen: argparse.Namespace) -> int:
    command = [part for index, part in enumerate(chosen.command) if (index, part) != (0, "--")]
    if not command:
        raise PartsError("no command was given: spplus parts run -- COMMAND")
    return asyncio.run(run_with_parts(command))


def _lock(_chosen: argparse.Namespace) -> int:
    from spplus_embedded.jars_lock import lock_jars  # noqa: PLC0415  # brings in the resolver, needed here only

    target: Path = locked_file()
    print(f"{lock_jars(target)} jars written to {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
