"""`python -m tests.bench`: how fast the platform is on this machine, beside the least that could do the work."""

import argparse
import asyncio
import logging
import sys
from dataclasses import replace
from datetime import UTC, datetime

from rich.console import Console

from spplus_chassis.topics import create_topics
from spplus_contracts.topics import FEEDBACK_SUBMITTED, INDICATOR_COMPUTED, TOPICS
from tests.bench import results
from tests.bench.bus import fill
from tests.bench.latency import run_latency
from tests.bench.load import Load, a_load
from tests.bench.results import Latency, Throughput
from tests.bench.scoring import declare, expected_figures, run_indicators
from tests.bench.stand import Stand, a_stand
from tests.bench.throughput import run_floor

PREFIX = "bench."


def main() -> int:
    """Run what was asked for; exit status 1 when a count came out wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--events", type=int, default=300_000, help="records of the load (default %(default)s)")
    parser.add_argument("--offices", type=int, default=1_000, help="offices of the tree (default %(default)s)")
    parser.add_argument("--days", type=int, default=30, help="days that the stories spread over (default %(default)s)")
    parser.add_argument("--seconds", type=int, default=15, help="length of the latency run (default %(default)s)")
    parser.add_argument("--rate", type=int, default=200, help="requests a second of it (default %(default)s)")
    parser.add_argument("--quick", action="store_true", help="a tenth of everything: does it run?")
    options = parser.parse_args()
    if options.quick:
        options.events, options.offices, options.seconds = options.events // 10, options.offices // 10, 5
    return asyncio.run(bench(options))


async def bench(options: argparse.Namespace) -> int:
    """All runs on one stand, one after the other."""
    console = Console()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it warns of topics that are being made
    with console.status("Making the load"):
        load = a_load(options.events, options.offices, options.days, datetime.now(UTC))
    title = f"{len(load.messages):,} records of {load.mean_bytes:.0f} bytes, 12 partitions"
    console.print(f"{title}; {load.duplicates:,} duplicates, {load.malformed:,} malformed; {options.offices:,} offices")
    runs: list[Throughput | Latency] = []
    async with a_stand() as stand:
        throughputs = await _throughputs(console, stand, load)
        results.show_throughput(console, throughputs, title)
        runs += throughputs
        latency = await _latency(console, stand, options)
        results.show_latency(console, latency)
        runs.append(latency)
    file = results.write_json(runs, vars(options))
    console.print(f"Written to {file}")
    return 1 if results.show_wrong(console, runs) else 0


async def _throughputs(console: Console, stand: Stand, load: Load) -> list[Throughput]:
    broker = stand.kafka.bootstrap_servers
    changes = replace(INDICATOR_COMPUTED, name="floor.changes")
    await create_topics(broker, [*TOPICS, changes], PREFIX)
    topic, target = PREFIX + FEEDBACK_SUBMITTED.name, PREFIX + changes.name
    with console.status("Filling the topics"):
        await fill(broker, topic, load.messages)
        await declare(stand, PREFIX, load)
    with console.status("Folding the load in memory"):
        expected = expected_figures(load, datetime.now(UTC))
    runs = []
    for pipelined in (False, True):
        with console.status("Running the floor"):
            runs.append(await run_floor(stand, load, topic, target, pipelined=pipelined))
    with console.status("Running the indicators service"):
        runs.append(await run_indicators(stand, load, PREFIX, expected))
    return runs


async def _latency(console: Console, stand: Stand, options: argparse.Namespace) -> Latency:
    with console.status("Running the whole platform at a steady rate"):
        offices = min(200, options.offices)
        return await run_latency(stand, offices=offices, rate=options.rate, seconds=options.seconds)


if __name__ == "__main__":
    sys.exit(main())
