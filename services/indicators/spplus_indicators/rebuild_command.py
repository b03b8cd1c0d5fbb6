"""The command ``rebuild``: what it shows while it works, and how it says what it did."""

import argparse
import json
import sys
from datetime import UTC, datetime

from spplus_chassis.database import Pool
from spplus_indicators import rebuild
from spplus_indicators.rebuild_repository import RebuildRefused
from spplus_indicators.screen import Bar
from spplus_indicators.thresholds import Thresholds

HELP = "make tallies and figures what the ledger says, while traffic goes on; only differences are published"
_REFUSED = 2


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the words of the command."""
    parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
    parser.add_argument("--json", action="store_true", help="one JSON object")


async def run(pool: Pool, words: argparse.Namespace, *, thresholds: Thresholds) -> int:
    """Rebuild; returns the exit code: 0, or 2 where it could not be done."""
    with Bar() as bar:
        try:
            outcome = await rebuild.rebuild(
                pool, thresholds=thresholds, now=datetime.now(UTC), dry_run=words.dry_run, progress=bar.show
            )
        except RebuildRefused as refused:
            bar.say(str(refused))
            return _REFUSED
    if words.json:
        sys.stdout.write(json.dumps({"dry_run": words.dry_run, **outcome._asdict()}) + "\n")
        return 0
    verb = "would be" if words.dry_run else "were"
    sys.stdout.write(
        f"{outcome.rows} rows of the ledger were read, {outcome.counted} {verb} corrected\n"
        f"{outcome.tallies} counts of tallies {verb} corrected\n"
        f"{outcome.restored} figures {verb} brought back from the history\n"
        f"{outcome.figures} figures differ and {verb} queued for the publisher\n"
    )
    return 0
