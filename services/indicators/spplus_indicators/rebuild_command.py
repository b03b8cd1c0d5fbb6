"""The command ``rebuild``: what it shows while it works, and how it says what it did."""

import argparse
import json
import sys
from datetime import UTC, datetime

from spplus_chassis.database import Pool
from spplus_chassis.settings import ServiceSettings
from spplus_indicators import rebuild, rebuild_from_topics
from spplus_indicators.rebuild_repository import RebuildRefused
from spplus_indicators.screen import Bar
from spplus_indicators.thresholds import Thresholds

HELP = "make tallies and figures what the ledger says, while traffic goes on; only differences are published"
_REFUSED = 2
_FROM_LEDGER = (
    "{rows} rows of the ledger were read, {counted} {were} corrected",
    "{tallies} counts of tallies {were} corrected",
    "{restored} figures {were} brought back from the history",
    "{figures} figures differ and {were} queued for the publisher",
)
_FROM_TOPICS = (
    "{records} records were read: {rows} rows in the new ledger, {rows_before} in the old one",
    "{letters_refused} records that did not wait among the dead letters {were} put there",
    "{letters_taken} dead letters that waited {were} taken",
    "{figures} figures differ and {were} queued for the publisher",
)


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the words of the command."""
    parser.add_argument("--from-topics", action="store_true", help="read the topics again from the first record on")
    parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
    parser.add_argument("--json", action="store_true", help="one JSON object")


async def run(pool: Pool, words: argparse.Namespace, settings: ServiceSettings, thresholds: Thresholds) -> int:
    """Rebuild; returns the exit code: 0, or 2 where it could not be done."""
    with Bar() as bar:
        try:
            if words.from_topics:
                said: dict[str, int] = (
                    await rebuild_from_topics.rebuild_from_topics(
                        pool,
                        settings,
                        thresholds=thresholds,
                        clock=_now,
                        dry_run=words.dry_run,
                        progress=bar.show,
                    )
                )._asdict()
            else:
                said = (
                    await rebuild.rebuild(
                        pool, thresholds=thresholds, now=_now(), dry_run=words.dry_run, progress=bar.show
                    )
                )._asdict()
        except RebuildRefused as refused:
            bar.say(str(refused))
            return _REFUSED
    if words.json:
        sys.stdout.write(json.dumps({"dry_run": words.dry_run, **said}) + "\n")
        return 0
    verb = "would be" if words.dry_run else "were"
    for text in _FROM_TOPICS if words.from_topics else _FROM_LEDGER:
        sys.stdout.write(text.format(were=verb, **said) + "\n")
    return 0


def _now() -> datetime:
    return datetime.now(UTC)
