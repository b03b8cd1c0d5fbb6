"""The command that writes what is public in the official columns."""

import argparse
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TimeRemainingColumn

from spplus_chassis.database import Pool
from spplus_feedback.commands import ERR, OUT, CommandError, with_pool
from spplus_feedback.exports.official import head, line, row_of
from spplus_feedback.exports.queries import all_stories, count_leaving
from spplus_feedback.settings import FeedbackSettings


def export_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``export-experiences``."""
    parser.add_argument("file", type=Path, help="file to write: official columns, CSV with semicolons, UTF-8")
    parser.add_argument("--dry-run", action="store_true", help="read and count, but write nothing")
    parser.add_argument(
        "--spreadsheet",
        action="store_true",
        help="put an apostrophe before cells that a spreadsheet would run as a formula; they are then not exact",
    )


def export_experiences(arguments: argparse.Namespace, settings: FeedbackSettings) -> int:
    """Write every story that is public, and every imported one without words."""

    async def run(pool: Pool) -> int:
        async with pool.acquire() as connection:
            total = await count_leaving(connection)
        columns = (BarColumn(), TaskProgressColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with _opened(arguments) as file, Progress(*columns, console=ERR, transient=True) as progress:
            task = progress.add_task("write", total=total)
            written = 0
            file.write(head())
            async for page in all_stories(pool):
                file.writelines(line(row_of(story), raw=not arguments.spreadsheet) for story in page)
                written += len(page)
                progress.update(task, completed=written)
        return written

    written = with_pool(settings, run)
    OUT.print(f"{written:,} experiences {'would be written' if arguments.dry_run else 'written'}")
    return 0


@contextlib.contextmanager
def _opened(arguments: argparse.Namespace) -> Iterator[TextIO]:
    """The file to write; it takes its name when all of it is there."""
    target: Path = arguments.file
    beside = Path(os.devnull) if arguments.dry_run else target.with_name(f".{target.name}.part")
    try:
        file = beside.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise CommandError(f"{target} cannot be written ({error.strerror})") from None
    try:
        with file:
            yield file
        if not arguments.dry_run:
            beside.replace(target)
    finally:
        if not arguments.dry_run:
            beside.unlink(missing_ok=True)
