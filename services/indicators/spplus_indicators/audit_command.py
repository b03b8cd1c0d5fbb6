"""The command ``audit``: what it shows while it works, and how it says what it found."""

import argparse
import sys
import time
from collections import Counter
from contextlib import aclosing

from spplus_chassis.database import Pool
from spplus_indicators.audit import differences
from spplus_indicators.history_queries import READ_AT_LEISURE
from spplus_indicators.reports import report_in
from spplus_indicators.screen import Bar
from spplus_indicators.thresholds import Thresholds

HELP = "compute tallies and figures anew from the ledger and list what differs"
_SHOWN = 50
_COLUMNS = ("what", "key", "stored", "computed")


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the words of the command."""
    parser.add_argument("--json", action="store_true", help="one JSON object with all differences and the counts")
    parser.add_argument(
        "--limit", type=int, default=_SHOWN, metavar="N", help=f"list so many at most, count all ({_SHOWN}; 0: all)"
    )


async def run(pool: Pool, words: argparse.Namespace, *, thresholds: Thresholds) -> int:
    """Audit; returns the exit code: 1 if anything differs."""
    began = time.monotonic()
    found: Counter[str] = Counter()
    seen: dict[str, int] = {}
    report = report_in("json", sys.stdout) if words.json else None
    if report is not None:
        report.begin({}, _COLUMNS)
    with Bar() as bar:

        def progress(what: str, done: int, total: int) -> None:
            seen[what] = done
            bar.show(what, done, total)

        async with (
            pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
            aclosing(differences(connection, thresholds=thresholds, progress=progress)) as stream,
        ):
            await connection.execute(READ_AT_LEISURE)
            async for difference in stream:
                found[difference.what] += 1
                if report is not None:
                    report.row(difference._asdict())
                elif not words.limit or found.total() <= words.limit:
                    sys.stdout.write(f"{difference}\n")
    seconds = round(time.monotonic() - began, 1)
    if report is not None:
        report.end({"differences": found.total(), "by_kind": dict(found), "looked_at": seen, "seconds": seconds})
    else:
        _say(found, words.limit)
    return 1 if found else 0


def _say(found: Counter[str], limit: int) -> None:
    if limit and found.total() > limit:
        sys.stdout.write(f"... and {found.total() - limit} more\n")
    if len(found) > 1:
        sys.stdout.write(", ".join(f"{what}: {count}" for what, count in sorted(found.items())) + "\n")
    sys.stdout.write(f"{found.total()} differences\n")
