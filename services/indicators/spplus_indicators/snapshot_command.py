"""The command ``snapshot``: its words, its files, what it says on the screen."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from rich.console import Console

from spplus_chassis.database import Pool
from spplus_contracts.envelope import instant_text
from spplus_indicators import snapshots
from spplus_indicators.reports import FORMATS, report_in
from spplus_indicators.snapshots import SnapshotRefused, Summary

_REFUSED = 2
_NOT_KEPT = "of an open period: another revision of that day may have stood then, which was thinned or lost"
_FORGOTTEN = "may have stood then, and nothing so early is kept of them"


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the words of the command."""
    said = parser.add_subparsers(dest="action", metavar="list | compare A B | drop NAME")
    _describe_output(parser)
    parser.add_argument("--as-of", metavar="INSTANT", help="ISO 8601 (Paris without an offset), a day, or a kept name")
    parser.add_argument("--keep", metavar="NAME", help="give the instant a name: what stood then is never thinned")
    said.add_parser("list", help="the instants that were given a name")
    compare = said.add_parser(
        "compare", help="which figures differ between two instants or names, and by which revision"
    )
    compare.add_argument("before", metavar="A")
    compare.add_argument("after", metavar="B")
    _describe_output(compare)
    drop = said.add_parser("drop", help="forget a name")
    drop.add_argument("name", metavar="NAME")


async def run(pool: Pool, words: argparse.Namespace) -> int:
    """Do what the words say; returns the exit code: 0, or 2 where the question has no answer."""
    screen = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        if words.action == "list":
            await _list(pool)
        elif words.action == "drop":
            await snapshots.drop(pool, words.name)
        elif words.action == "compare":
            await _compare(pool, words, screen)
        else:
            await _export(pool, words, screen)
    except (SnapshotRefused, OSError) as refused:
        screen.print(str(refused), markup=False)
        return _REFUSED
    return 0


async def _list(pool: Pool) -> None:
    for name, as_of, kept_at in await snapshots.listed(pool):
        sys.stdout.write(f"{name}  as of {instant_text(as_of)}  kept {instant_text(kept_at)}\n")


async def _compare(pool: Pool, words: argparse.Namespace, screen: Console) -> None:
    now = datetime.now(UTC)
    before = await snapshots.resolve(pool, words.before, now)
    after = await snapshots.resolve(pool, words.after, now)
    with _opened(words.output) as stream:
        found = await snapshots.compare(pool, before, after, words.structure, report_in(words.format, stream))
    screen.print(f"{found.changed} figures changed, {found.appeared} stand at one instant only")


async def _export(pool: Pool, words: argparse.Namespace, screen: Console) -> None:
    if words.as_of is None:
        raise SnapshotRefused("say an instant: --as-of INSTANT")
    as_of = await snapshots.resolve(pool, words.as_of, datetime.now(UTC))
    if words.keep is not None:
        await snapshots.keep(pool, words.keep, as_of)
    with _opened(words.output) as stream:
        summary = await snapshots.export(pool, as_of, words.structure, report_in(words.format, stream))
    _say(summary, instant_text(as_of), screen)


def _say(summary: Summary, as_of: str, screen: Console) -> None:
    exact = "all exact" if not summary.inexact and not summary.forgotten else "not all exact"
    screen.print(f"{summary.figures} figures as published at {as_of}, {exact}")
    if summary.inexact:
        screen.print(f"{summary.inexact} {_NOT_KEPT}")
    if summary.forgotten:
        screen.print(f"{summary.forgotten} more {_FORGOTTEN}")


def _describe_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--structure", metavar="CODE", help="only this structure")
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument("--output", metavar="FILE", help="write into this file instead of the screen")


@contextmanager
def _opened(path: str | None) -> Iterator[TextIO]:
    if path is None:
        yield sys.stdout
        return
    with Path(path).open("w", encoding="utf-8", newline="") as stream:
        yield stream
