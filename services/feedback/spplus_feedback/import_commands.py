"""The commands that read official files: a progress bar, a summary, and a file of what a person should look at."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.progress import BarColumn, DownloadColumn, Progress, TaskProgressColumn, TimeRemainingColumn
from rich.table import Table as Shown

from spplus_chassis.database import Pool
from spplus_feedback.commands import ERR, OUT, CommandError, with_pool
from spplus_feedback.deadlines import paris_day
from spplus_feedback.imports import experience_rows, structure_rows
from spplus_feedback.imports.checkpoint import fingerprint_of, unfinished
from spplus_feedback.imports.experiences_import import ExperiencesImport
from spplus_feedback.imports.placement import FALLBACK_CODE
from spplus_feedback.imports.report import Report, remarks_file
from spplus_feedback.imports.structures_import import StructuresImport
from spplus_feedback.imports.table import BadTableError, Row, Table, Unreadable
from spplus_feedback.settings import FeedbackSettings
from spplus_feedback.structures_queries import structure_exists

Show = Callable[[], None]

_LABELS: Final = {
    "rows": "rows read",
    "unreadable": "rows not imported",
    "new": "experiences that are new",
    "known": "experiences that were there already",
    "repeated": "rows that repeat an earlier one",
    "requests": "requests to structures",
    "answers": "answers",
    "created": "structures that are new",
    "changed": "structures that changed",
    "unchanged": "structures that did not change",
}


def file_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of both imports."""
    parser.add_argument("file", type=Path, help="official export: CSV with semicolons, UTF-8")
    parser.add_argument("--rejects", type=Path, help="report of rows in doubt (default: FILE's name + .rejects.csv)")
    parser.add_argument("--dry-run", action="store_true", help="read, place and report, but change nothing")


def experience_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``import-experiences``."""
    file_arguments(parser)
    parser.add_argument(
        "--fallback",
        metavar="CODE",
        default=FALLBACK_CODE,
        help="structure that rows count under where nothing fits (default: %(default)s, declared when needed)",
    )
    parser.add_argument(
        "--moderate", action="store_true", help="let a moderator read the texts before they are public here too"
    )
    parser.add_argument(
        "--from-start", action="store_true", help="read all rows, also where the import of this file was cut short"
    )


def import_structures(arguments: argparse.Namespace, settings: FeedbackSettings) -> int:
    """Declare the structures of the official list."""

    async def run(pool: Pool) -> None:
        with _opened(arguments, structure_rows.REQUIRED) as (rows, report, _show):
            now = datetime.now(UTC)
            work = StructuresImport(lambda: pool, report, now, paris_day(now), dry_run=arguments.dry_run)
            declared = await work.run(rows)
            report.counts.update(created=declared.created, changed=declared.changed, unchanged=declared.unchanged)
        _summary(arguments, report)

    with_pool(settings, run)
    return 0


def import_experiences(arguments: argparse.Namespace, settings: FeedbackSettings) -> int:
    """Take the experiences of the official file."""

    async def run(pool: Pool) -> None:
        async with pool.acquire() as connection:
            known = arguments.fallback == FALLBACK_CODE or await structure_exists(connection, arguments.fallback)
        if not known:
            raise CommandError(f"no structure {arguments.fallback}")
        going_on = not (arguments.dry_run or arguments.from_start)
        mark = _fingerprint(arguments)
        async with pool.acquire() as connection:
            before = await unfinished(connection, mark) if going_on else None
        with _opened(arguments, experience_rows.REQUIRED, append=before is not None) as (rows, report, show):
            now = datetime.now(UTC)
            skipped = await ExperiencesImport(
                lambda: pool,
                report,
                now,
                paris_day(now),
                fallback=arguments.fallback,
                dry_run=arguments.dry_run,
                moderate=arguments.moderate,
                fingerprint=mark if going_on else None,
                after_chunk=show,
            ).run(rows)
        if skipped:
            OUT.print(f"This file was begun before: went on after row {skipped:,}. Counts are of all its rows.")
        _summary(arguments, report)

    with_pool(settings, run)
    return 0


def _fingerprint(arguments: argparse.Namespace) -> bytes:
    try:
        return fingerprint_of(arguments.file, arguments.fallback, str(arguments.moderate))
    except OSError as error:
        raise CommandError(f"{arguments.file} cannot be opened: {error.strerror}") from None


class _Shown:
    """The rows of a file, with the bar that follows how far it was read."""

    def __init__(self, table: Table, progress: Progress) -> None:
        self._table = table
        self._progress = progress
        self._task = progress.add_task("read", total=table.size_bytes)

    def __iter__(self) -> Iterator[Row | Unreadable]:
        return iter(self._table)

    def show(self) -> None:
        """Move the bar."""
        self._progress.update(self._task, completed=self._table.read_bytes)


@contextmanager
def _opened(
    arguments: argparse.Namespace, required: frozenset[str], *, append: bool = False
) -> Iterator[tuple[_Shown, Report, Show]]:
    columns = (BarColumn(), TaskProgressColumn(), DownloadColumn(), TimeRemainingColumn())
    _ensure_writable(_rejects(arguments))
    try:
        with (
            Table(arguments.file, required) as table,
            remarks_file(_rejects(arguments), append=append) as remarks,
            Progress(*columns, console=ERR, transient=True) as progress,
        ):
            shown = _Shown(table, progress)
            yield shown, Report(remarks), shown.show
    except BadTableError as error:
        raise CommandError(str(error)) from None


def _ensure_writable(path: Path) -> None:
    try:
        path.open("a", encoding="utf-8").close()
    except OSError as error:
        raise CommandError(f"{path} cannot be written ({error.strerror}); name another with --rejects") from None


def _rejects(arguments: argparse.Namespace) -> Path:
    given: Path | None = arguments.rejects
    return given or Path(f"{arguments.file.stem}.rejects.csv")


def _summary(arguments: argparse.Namespace, report: Report) -> None:
    counted = Shown("dry run: nothing was changed" if arguments.dry_run else "imported", "count")
    for name, label in _LABELS.items():
        if name in report.counts:
            counted.add_row(label, f"{report.counts[name]:,}")
    OUT.print(counted)
    if report.reasons:
        doubts = Shown("to look at", "rows")
        for reason, count in report.reasons.most_common():
            doubts.add_row(reason, f"{count:,}")
        OUT.print(doubts)
    OUT.print(f"Rows in doubt are listed in {_rejects(arguments)}", markup=False)
