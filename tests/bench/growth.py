"""How cost grows: the same load with more processes, and on a ledger that is already large."""

import argparse
from datetime import UTC, datetime

import asyncpg
from rich.console import Console

from spplus_chassis.topics import create_topics
from spplus_contracts.topics import FEEDBACK_SUBMITTED, TOPICS
from tests.bench.bus import drop, fill, watching
from tests.bench.counts import change
from tests.bench.load import Load, a_load
from tests.bench.prefill import prefill
from tests.bench.results import Goal, Report, Throughput, correctness, wrong_of
from tests.bench.scoring import Judge, declare, judge_of, run_indicators, until_right
from tests.bench.service import prepare, serving, until_ready
from tests.bench.stand import Stand

_LEAST_CHANGE = -20.0
_COLUMNS = ("events/s", "change %", "published/s", "CPU us/event", "MB", "others")
_LEGEND = """\
Change: of events/s, to the first row. CPU us/event: process+PostgreSQL+Kafka, until all is published and at rest.
MB: peak of the largest process. Others: cores that other programs used meanwhile.
"""


async def growth(console: Console, stand: Stand, options: argparse.Namespace) -> list[Report]:
    """Both ways to grow, each from one run after the other."""
    now = datetime.now(UTC)
    load = a_load(options.events, options.offices, options.days, now)
    judge = judge_of(load, now)
    processes = []
    for replicas in options.replicas:
        with console.status(f"Scoring with {replicas} processes"):
            processes.append(await _with_replicas(stand, load, judge, replicas))
    ledgers = []
    for rows in options.ledger_rows:
        with console.status(f"Scoring on a ledger of {rows:,} rows"):
            ledgers.append(await _on_ledger(stand, load, rows))
    return [
        _report("replicas", "indicators processes", options.replicas, processes, load),
        _report("ledger", "rows in the ledger", options.ledger_rows, ledgers, load),
    ]


async def _with_replicas(stand: Stand, load: Load, judge: Judge, replicas: int) -> Throughput:
    prefix = f"growth-processes{replicas}."
    await create_topics(stand.kafka.bootstrap_servers, TOPICS, prefix)
    await fill(stand.kafka.bootstrap_servers, prefix + FEEDBACK_SUBMITTED.name, load.messages)
    await declare(stand, prefix, load.structures)
    run = await run_indicators(stand, load, prefix, judge, replicas=replicas)
    await drop(stand.kafka.bootstrap_servers, prefix)
    return run


async def _on_ledger(stand: Stand, load: Load, rows: int) -> Throughput:
    prefix, broker = f"growth-ledger{rows}.", stand.kafka.bootstrap_servers
    await create_topics(broker, TOPICS, prefix)
    await declare(stand, prefix, load.structures)
    database = await prepare(stand, "indicators", prefix)
    stories = await prefill(database, rows, load.structures, datetime.now(UTC))
    connection = await asyncpg.connect(database)
    try:
        # First the service publishes what the ledger holds; the load comes when that is done.
        async with watching(broker, prefix) as seen, serving(stand, "indicators", prefix, database=database) as service:
            await until_ready(service)
            early = await until_right([service], connection, seen, lambda now: stories.differences(now.latest))
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
    await fill(broker, prefix + FEEDBACK_SUBMITTED.name, load.messages)
    stories.add(load.events)
    run = await run_indicators(stand, load, prefix, lambda now: stories.differences(now.latest), database=database)
    run.wrong.extend(f"before the load: {line}" for line in early)
    await drop(broker, prefix)
    return run


def _report(name: str, what: str, sizes: list[int], runs: list[Throughput], load: Load) -> Report:
    rows = [
        [
            f"{size:,}",
            correctness(run.wrong),
            f"{run.rate:,.0f}",
            f"{change(runs[0].rate, run.rate):+.0f}",
            f"{run.notes['published_per_second']:,.0f}",
            run.cpu,
            f"{run.memory_mb['process']:.0f}",
            f"{run.others_cores:.1f}",
        ]
        for size, run in zip(sizes, runs, strict=True)
    ]
    goals = [Goal(f"change of events/s in %, {what}", change(runs[0].rate, runs[-1].rate), _LEAST_CHANGE)]
    if len(runs) == 1:
        goals.clear()
    title = f"How cost grows: {len(load.messages):,} records, by {what}"
    data = [{"size": size, **run.to_json()} for size, run in zip(sizes, runs, strict=True)]
    return Report(f"growth, {name}", title, (what, "counts", *_COLUMNS), rows, _LEGEND, goals, wrong_of(runs), data)
