"""The same load through the service, through its peers and through the least that could do the work."""

import argparse
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

from rich.console import Console

from spplus_chassis.topics import create_topics
from spplus_contracts.topics import FEEDBACK_SUBMITTED, INDICATOR_COMPUTED, TOPICS
from tests.bench import contenders
from tests.bench.bus import drop, fill
from tests.bench.counts import count
from tests.bench.load import Load, a_load
from tests.bench.results import Goal, Report, Throughput, correctness, wrong_of
from tests.bench.scoring import declare, judge_of, run_indicators
from tests.bench.stand import Stand

PREFIX = "throughput."
_LEGEND = """\
events/s: from the first record read until the last is committed. published/s: until the last figure of
every structure but the root stands on the topic (its setting holds the root's back). Ratio: events/s of
the service to those of the row. CPU us/event: process+PostgreSQL+Kafka, until all is published and at
rest. MB: peak of the process. Others: cores that other programs used meanwhile; with more than a little,
a run is a lower bound. Quix Streams: exactly-once, a commit a second. {name}: over
{total:,} such records, since the whole load would take minutes.
"""


async def throughput(console: Console, stand: Stand, options: argparse.Namespace) -> Report:
    """All contenders, one after the other."""
    with console.status("Making the load"):
        now = datetime.now(UTC)
        load = a_load(options.events, options.offices, options.days, now)
        small = a_load(options.per_message_events, options.offices, options.days, now)
    broker = stand.kafka.bootstrap_servers
    await create_topics(broker, TOPICS, PREFIX)
    topic = PREFIX + FEEDBACK_SUBMITTED.name
    with console.status("Filling the topics"):
        await fill(broker, topic, load.messages)
        await declare(stand, PREFIX, load.structures)
    with console.status("Folding the load in memory"):
        judge = judge_of(load, now)
    with console.status("Running the indicators service"):
        runs = [await run_indicators(stand, load, PREFIX, judge)]
    contests: list[tuple[str, Callable[[], Awaitable[Throughput]]]] = [
        ("Quix Streams", lambda: _contest(stand, contenders.quix(stand), topic, load)),
        ("the floor, pipelined", lambda: _floor(stand, topic, load, pipelined=True)),
        ("the floor, plain", lambda: _floor(stand, topic, load, pipelined=False)),
        ("FastStream per message", lambda: _per_message(stand, small)),
    ]
    for name, contest in contests:
        with console.status(f"Running {name}"):
            runs.append(await contest())
    await drop(broker, PREFIX)
    return _report(runs, load, len(small.messages))


async def _floor(stand: Stand, topic: str, load: Load, *, pipelined: bool) -> Throughput:
    contender = await contenders.floor(stand, len(load.messages), pipelined=pipelined)
    return await _contest(stand, contender, topic, load)


async def _per_message(stand: Stand, small: Load) -> Throughput:
    prefix = PREFIX + "small."
    await create_topics(stand.kafka.bootstrap_servers, [FEEDBACK_SUBMITTED], prefix)
    topic = prefix + FEEDBACK_SUBMITTED.name
    await fill(stand.kafka.bootstrap_servers, topic, small.messages)
    return await _contest(stand, await contenders.per_message(stand), topic, small)


async def _contest(stand: Stand, contender: contenders.Contender, topic: str, load: Load) -> Throughput:
    target = replace(INDICATOR_COMPUTED, name=f"{contender.name.lower().replace(', ', '-').replace(' ', '-')}.changes")
    await create_topics(stand.kafka.bootstrap_servers, [target], PREFIX)
    return await contenders.run(stand, contender, topic, PREFIX + target.name, len(load.messages), count(load.events))


def _report(runs: list[Throughput], load: Load, small: int) -> Report:
    product, quix, pipelined, plain, per_message = runs
    title = f"{len(load.messages):,} records of {load.mean_bytes:.0f} bytes, 12 partitions, skewed keys;"
    title += f" {load.duplicates:,} duplicates, {load.malformed:,} malformed"
    rows = [
        [
            run.name,
            correctness(run.wrong),
            f"{run.rate:,.0f}",
            f"{run.notes.get('published_per_second', run.rate):,.0f}",
            f"{product.rate / run.rate:.2f}",
            run.cpu,
            f"{run.memory_mb['process']:.0f}",
            f"{run.others_cores:.1f}",
        ]
        for run in (product, quix, per_message, pipelined, plain)
    ]
    goals = [
        Goal("events/s, ratio to Quix Streams", product.rate / quix.rate, 2),
        Goal("events/s, ratio to FastStream per message", product.rate / per_message.rate, 50),
        Goal("events/s, ratio to the floor, pipelined", product.rate / pipelined.rate, 0.6),
    ]
    columns = ("run", "counts", "events/s", "published/s", "ratio", "CPU us/event", "MB", "others")
    legend = _LEGEND.format(name=per_message.name, total=small)
    return Report("throughput", title, columns, rows, legend, goals, wrong_of(runs), [run.to_json() for run in runs])
