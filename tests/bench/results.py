"""Results of a bench: tables for people, JSON for comparison."""

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

DIRECTORY = Path(".spplus/bench")
_LEGEND = """\
counted: until every record is in the database; published: until the last figure stands on the topic (the root's
follows up to 10 s behind, by its setting). Ratio: of published, to the first run. CPU: process + PostgreSQL + Kafka,
starting up included. Others' cores: used by other programs meanwhile; with more than a little, a run is a lower bound.
"""


@dataclass(frozen=True, slots=True)
class Throughput:
    """One run over the load."""

    name: str
    records: int
    seconds: float
    """From the first record read to the last result published."""
    cpu_seconds: dict[str, float]
    """By process: the one under test, PostgreSQL, Kafka; starting up is included."""
    memory_mb: dict[str, float]
    others_cores: float
    """Cores that other programs of the machine used meanwhile: more than a little makes the run a lower bound."""
    wrong: list[str] = field(default_factory=list)
    """What came out wrong; empty when every count is right."""
    notes: dict[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.seconds


@dataclass(frozen=True, slots=True)
class Latency:
    """From `202 Accepted` to the figure on the stream, at a steady rate."""

    name: str
    requests: int
    rate: float
    """Requests a second that were really sent."""
    milliseconds: dict[str, float]
    """Percentiles, by name."""
    cpu_seconds: dict[str, float]
    others_cores: float
    """Cores that other programs of the machine used meanwhile."""
    wrong: list[str] = field(default_factory=list)
    notes: dict[str, float] = field(default_factory=dict)


def show_throughput(console: Console, runs: Iterable[Throughput], load: str) -> None:
    """Print the runs over one load, with the ratio to the first."""
    table = Table(title=f"From Kafka to published results: {load}")
    for heading in ("run", "counts"):
        table.add_column(heading)
    for heading in ("counted/s", "published/s", "ratio", "CPU µs/event", "MB", "others' cores"):
        table.add_column(heading, justify="right")
    floor = None
    for run in runs:
        floor = floor or run
        table.add_row(
            run.name,
            "WRONG" if run.wrong else "right",
            f"{run.notes.get('counted_per_second', run.rate):,.0f}",
            f"{run.rate:,.0f}",
            f"{run.rate / floor.rate:.2f}",
            " + ".join(f"{1e6 * seconds / run.records:.0f}" for seconds in run.cpu_seconds.values()),
            f"{next(iter(run.memory_mb.values()), 0.0):.0f}",
            f"{run.others_cores:.1f}",
        )
    console.print(table)
    console.print(_LEGEND)


def show_latency(console: Console, run: Latency) -> None:
    """Print a latency run."""
    table = Table(title=f"{run.name}: {run.requests:,} requests at {run.rate:,.0f}/s")
    for heading in run.milliseconds:
        table.add_column(f"{heading} ms", justify="right")
    table.add_column("others' cores", justify="right")
    table.add_column("counts")
    values = [f"{value:,.0f}" for value in run.milliseconds.values()]
    table.add_row(*values, f"{run.others_cores:.1f}", "WRONG" if run.wrong else "right")
    console.print(table)


def show_wrong(console: Console, runs: Iterable[Throughput | Latency]) -> bool:
    """Print what came out wrong; returns whether anything did."""
    found = False
    for run in runs:
        for line in run.wrong[:10]:
            found = True
            console.print(f"[red]{run.name}:[/red] {line}", highlight=False)
    return found


def write_json(runs: Iterable[Throughput | Latency], options: dict[str, object]) -> Path:
    """Write everything to a file of its own under `.spplus/bench/`; returns it."""
    now = datetime.now(UTC)
    document = {
        "at": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "machine": {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
        "options": options,
        "runs": [
            {"kind": type(run).__name__.lower(), **asdict(run)}
            | ({"records_per_second": run.rate} if isinstance(run, Throughput) else {})
            for run in runs
        ],
    }
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    file = DIRECTORY / f"{now:%Y%m%dT%H%M%SZ}.json"
    file.write_text(json.dumps(document, indent=2) + "\n")
    return file
