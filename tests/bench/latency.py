"""Latency at a steady rate: from Kafka, and from `202 Accepted` through the whole platform, to a small figure."""

import argparse
from typing import Any

from rich.console import Console

from tests.bench import gauge
from tests.bench.bus import drop
from tests.bench.counts import percentiles
from tests.bench.latency_http import through_the_platform
from tests.bench.latency_kafka import from_kafka
from tests.bench.path import Path
from tests.bench.results import Goal, Report, correctness
from tests.bench.stand import Stand
from tests.bench.steady import Pace, steadily, until_counted

_WARM_UP_SECONDS = 3.0
_PATIENCE_SECONDS = 120.0
_LEGEND = """\
From Kafka: from handing an event to the producer until a reader of committed records has the figure of its
structure. From 202: from the answer at the public door until /v1/stream tells it. Late: by how much the
client itself started later than it should have (p95); with more than a little, the rate was beyond the
client or the machine. Refused: not answered with 202.
"""


async def latency(console: Console, stand: Stand, options: argparse.Namespace) -> Report:
    """Both paths at each rate."""
    runs: list[dict[str, Any]] = []
    for rate in options.rates:
        for number, path in enumerate((from_kafka, through_the_platform)):
            prefix = f"latency{rate}x{number}."
            with console.status(f"Measuring latency at {rate:,} a second"):
                async with path(stand, prefix, options.offices) as opened:
                    runs.append(await _measure(stand, opened, rate, options.seconds))
            await drop(stand.kafka.bootstrap_servers, prefix)
    return _report(runs)


async def _measure(stand: Stand, path: Path, rate: int, seconds: int) -> dict[str, Any]:
    await steadily(rate, _WARM_UP_SECONDS, path.act)
    await until_counted(path.watch, path.reader, _PATIENCE_SECONDS, root=False)
    path.watch.measuring = True
    path.answering.clear()
    path.refused.clear()
    reading, machine = gauge.read(path.pids | stand.pids), gauge.Machine()
    pace: Pace = await steadily(rate, seconds, path.act)
    cpu, others = reading.since(), machine.others_cores()
    await until_counted(path.watch, path.reader, _PATIENCE_SECONDS)
    return {
        "path": path.name,
        "goal_ms": path.goal_ms,
        "rate": rate,
        "reached": round(pace.rate, 1),
        "measured": len(path.watch.seconds),
        "milliseconds": percentiles(path.watch.seconds),
        "lateness": percentiles(pace.lateness),
        "answering": percentiles(path.answering),
        "refused": len(path.refused),
        "cpu_seconds": cpu,
        "others_cores": others,
        "wrong": path.watch.missing(),
    }


def _report(runs: list[dict[str, Any]]) -> Report:
    rows = [
        [
            run["path"],
            correctness(run["wrong"]),
            f"{run['rate']:,}",
            f"{run['reached']:,.0f}",
            *(f"{run['milliseconds'].get(name, float('nan')):,.0f}" for name in ("p50", "p95", "p99", "max")),
            f"{run['lateness']['p95']:,.0f}",
            f"{run['refused']:,}",
            f"{run['others_cores']:.1f}",
        ]
        for run in runs
    ]
    columns = ("from", "counts", "asked/s", "reached/s", "p50 ms", "p95", "p99", "max", "late", "refused", "others")
    goals = [
        Goal(
            f"p95 in ms from {run['path']} at {run['rate']:,}/s",
            run["milliseconds"].get("p95", float("inf")),
            run["goal_ms"],
            at_most=True,
        )
        for run in runs
    ]
    wrong = [f"from {run['path']} at {run['rate']}/s: {line}" for run in runs for line in run["wrong"]]
    return Report(
        "latency", "Until the figure is published, at a steady rate", columns, rows, _LEGEND, goals, wrong, runs
    )
