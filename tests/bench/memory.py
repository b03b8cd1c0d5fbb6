"""Millions of events, streamed: does the service's memory stay flat?"""

import argparse
from collections.abc import Iterable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import asyncpg
from rich.console import Console

from spplus_chassis.topics import create_topics
from spplus_contracts.topics import FEEDBACK_SUBMITTED, TOPICS
from tests.bench import gauge
from tests.bench.bus import drop, fill, watching
from tests.bench.counts import Stories
from tests.bench.load import Message, Told, a_tree, malformed_of, stream
from tests.bench.results import Goal, Report, correctness
from tests.bench.scoring import declare, leftovers, until_right, until_scored
from tests.bench.service import prepare, serving, until_ready
from tests.bench.stand import Stand

PREFIX = "memory."
CHUNKS = 6
_GROWTH = 1.2
_LEGEND = """\
The load is made while it is read and kept nowhere. Peak: the most that the indicators process had resident while it
scored that part; at its end: resident then. PostgreSQL: with all its processes, shared memory once.
"""


async def memory(console: Console, stand: Stand, options: argparse.Namespace) -> Report:
    """One indicators process, one part of the load after the other."""
    broker, structures = stand.kafka.bootstrap_servers, a_tree(options.offices)
    stories, size = Stories(structures), options.memory_events // CHUNKS
    load = stream(size * CHUNKS, options.offices, options.days, datetime.now(UTC))
    parts: list[dict[str, Any]] = []
    await create_topics(broker, TOPICS, PREFIX)
    await declare(stand, PREFIX, structures)
    async with AsyncExitStack() as stack:
        seen = await stack.enter_async_context(watching(broker, PREFIX))
        database = await prepare(stand, "indicators", PREFIX)
        connection = await asyncpg.connect(database)
        stack.push_async_callback(connection.close)
        service = await stack.enter_async_context(serving(stand, "indicators", PREFIX, database=database))
        await until_ready(service)
        for number in range(1, CHUNKS + 1):
            with console.status(f"Memory: {number * size:,} of {CHUNKS * size:,} events"):
                gauge.forget_peak(service.pid)
                await fill(broker, PREFIX + FEEDBACK_SUBMITTED.name, _counted(islice(load, size), stories))
                await until_scored([service], connection, number * size)
                parts.append(
                    {
                        "events": number * size,
                        "peak_mb": gauge.peak_mb(service.pid),
                        "resident_mb": gauge.resident_mb(service.pid),
                        "postgresql_mb": gauge.memory_mb(stand.pids["postgresql"]),
                    }
                )
        with console.status("Waiting until all is published"):
            wrong = await until_right([service], connection, seen, lambda now: stories.differences(now.latest))
            wrong += await leftovers(connection, malformed_of(size * CHUNKS))
    await drop(broker, PREFIX)
    return _report(parts, wrong)


def _counted(load: Iterable[tuple[Message, Told | None]], stories: Stories) -> Iterator[Message]:
    for message, told in load:
        if told is not None:
            stories.add([told])
        yield message


def _report(parts: list[dict[str, Any]], wrong: list[str]) -> Report:
    rows = [
        [f"{part['events']:,}", *(f"{part[name]:,.0f}" for name in ("peak_mb", "resident_mb", "postgresql_mb"))]
        for part in parts
    ]
    first, last = parts[0]["peak_mb"], parts[-1]["peak_mb"]
    return Report(
        "memory",
        f"Memory over {parts[-1]['events']:,} events, counts {correctness(wrong)}",
        ("events so far", "peak MB", "at its end MB", "PostgreSQL MB"),
        rows,
        _LEGEND,
        [Goal("peak of the last part, ratio to the first", last / first, _GROWTH, at_most=True)],
        wrong,
        parts,
    )
