"""``spplus-feedback retention``: what goes because it is old, shown before or deleted."""

import argparse
from datetime import UTC, datetime
from typing import Final

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table

from spplus_chassis.database import Pool
from spplus_feedback import protection
from spplus_feedback.acts import OPERATOR
from spplus_feedback.commands import ERR, OUT, with_pool
from spplus_feedback.privacy.retention import let_go, what_would_go
from spplus_feedback.privacy.rules import RULES
from spplus_feedback.settings import FeedbackSettings

_LABELS: Final = {
    "words": "stories whose own words go",
    "public_words": "stories whose public words go",
    "answers": "stories without words whose answers go",
    "codes": "follow-up codes",
    "drafts": "drafts of answers",
    "accounts": "accounts that nobody uses",
    "acts": "lines of the audit trail",
    "counts": "daily counts by source",
}


def retention_arguments(parser: argparse.ArgumentParser) -> None:
    """``retention [--dry-run]``."""
    parser.add_argument("--dry-run", action="store_true", help="show what would go, and change nothing")


def retention(arguments: argparse.Namespace, settings: FeedbackSettings) -> int:
    """Delete what is older than its setting; figures never change."""
    days = protection.retention_days(settings)
    now = datetime.now(UTC)

    async def run(pool: Pool) -> dict[str, int]:
        async with pool.acquire() as connection:
            due = await what_would_go(connection, days, now)
        if arguments.dry_run or not any(due.values()):
            return due
        with Progress(TextColumn("deleting"), BarColumn(), TaskProgressColumn(), console=ERR) as bar:
            task = bar.add_task("deleting", total=sum(due.values()))
            return await let_go(
                pool, days, now, actor=OPERATOR, tell=lambda _kind, rows: bar.update(task, advance=rows)
            )

    counts = with_pool(settings, run)
    table = Table("what", "setting", "days", "would go" if arguments.dry_run else "gone")
    for rule in RULES:
        named = "\n".join(f"SPPLUS_FEEDBACK_{name}".upper() for name in rule.settings)
        kept = "\n".join(f"{days[name]:g}" if days[name] else "for ever" for name in rule.settings)
        table.add_row(_LABELS[rule.kind], named, kept, str(counts[rule.kind]))
    OUT.print(table)
    ERR.print("Nothing was changed." if arguments.dry_run else "Figures are what they were: no event tells of this.")
    return 0
