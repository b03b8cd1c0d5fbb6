"""`python -m tests.bench`: how fast the platform is on this machine, beside its peers and its goals."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable

from rich.console import Console

from tests.bench import results
from tests.bench.events import events
from tests.bench.gate import gate
from tests.bench.growth import growth
from tests.bench.intake import intake
from tests.bench.kill import kill
from tests.bench.latency import latency
from tests.bench.memory import memory
from tests.bench.pages import pages
from tests.bench.results import Report
from tests.bench.rollups import rollups
from tests.bench.stand import BenchError, Stand, a_stand
from tests.bench.stream import stream
from tests.bench.throughput import throughput
from tests.bench.webhooks import webhooks

Section = Callable[[Console, Stand, argparse.Namespace], Awaitable[Report | list[Report]]]
SECTIONS: dict[str, Section] = {
    "throughput": throughput,
    "growth": growth,
    "latency": latency,
    "intake": intake,
    "events": events,
    "gate": gate,
    "kill": kill,
    "rollups": rollups,
    "memory": memory,
    "webhooks": webhooks,
    "pages": pages,
    "stream": stream,
}


def main() -> int:
    """Run what was asked for; exit status 1 when a count is wrong or cannot be had, whatever the goals."""
    options = _parser().parse_args()
    if options.quick:
        _shrink(options)
    return asyncio.run(bench(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--only", type=_sections, default=list(SECTIONS), help=f"some of {','.join(SECTIONS)}")
    add("--events", type=int, default=300_000, help="records of the load")
    add("--offices", type=int, default=1_000, help="offices of the tree")
    add("--days", type=int, default=30, help="days that the stories spread over")
    add("--per-message-events", type=int, default=5_000, help="records of FastStream per message")
    add("--replicas", type=_numbers, default=[1, 2, 3], help="indicators processes")
    add("--ledger-rows", type=_numbers, default=[100_000, 1_000_000, 5_000_000], help="rows before the load")
    add("--rates", type=_numbers, default=[200, 1_000], help="feedbacks a second of the latency runs")
    add("--seconds", type=int, default=15, help="length of a latency run")
    add("--connections", type=int, default=64, help="connections that post stories")
    add("--webhooks", type=int, default=1_000, help="addresses that are told of each change")
    add("--rounds", type=int, default=10, help="changes that all webhooks are told of")
    add("--page-rate", type=int, default=500, help="requests a second for pages and for JSON")
    add("--readers", type=int, default=2_000, help="readers of the live stream")
    add("--stream-rate", type=int, default=50, help="figures a second that the readers are told of")
    add("--gate-events", type=int, default=100_000, help="events of other agencies' systems")
    add("--kills", type=int, default=7, help="how often the indicators process is killed")
    add("--structures", type=int, default=15_000, help="structures of the full tree of the roll-ups and the pages")
    add("--memory-events", type=int, default=3_000_000, help="records of the memory run")
    add("--quick", action="store_true", help="a tenth of everything, or less: does it run?")
    return parser


def _shrink(options: argparse.Namespace) -> None:
    options.events, options.offices = options.events // 10, options.offices // 10
    options.per_message_events //= 10
    options.replicas, options.ledger_rows = options.replicas[:2], options.ledger_rows[:1]
    options.rates, options.seconds = options.rates[:1], 5
    options.structures //= 10
    options.webhooks, options.rounds = options.webhooks // 10, 3
    options.gate_events //= 10
    options.page_rate, options.readers = options.page_rate // 10, options.readers // 10
    options.kills, options.memory_events = 2, options.memory_events // 30


def _sections(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - SECTIONS.keys():
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}; there is {', '.join(SECTIONS)}")
    return [name for name in SECTIONS if name in names]


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


async def bench(options: argparse.Namespace) -> int:
    """All that was asked for, on one stand, one after the other; what was measured is written whatever happens."""
    console = Console(width=None if sys.stdout.isatty() else 100)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it warns of topics that are being made
    reports: list[Report] = []
    async with a_stand() as stand:
        versions = await stand.versions()
        try:
            for name in options.only:
                for report in await _run(name, console, stand, options):
                    results.show(console, report)
                    reports.append(report)
        finally:
            file = results.write_json(reports, vars(options), versions)
            console.print(f"Written to {file}")
    return 1 if any(report.wrong for report in reports) else 0


async def _run(name: str, console: Console, stand: Stand, options: argparse.Namespace) -> list[Report]:
    try:
        found = await SECTIONS[name](console, stand, options)
    except BenchError as error:
        return [Report(name, f"{name}: could not be measured", (), [], wrong=[str(error)])]
    return [found] if isinstance(found, Report) else found


if __name__ == "__main__":
    sys.exit(main())
