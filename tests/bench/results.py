"""Results of a bench: reports for people, beside their goals; one JSON file for comparison."""

import json
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

DIRECTORY = Path(".spplus/bench")
_PEERS = Path("requirements-bench.lock")
_PACKAGES = ("aiokafka", "asyncpg", "faststream", "pydantic", "uvloop")


@dataclass(frozen=True, slots=True)
class Throughput:
    """One run over the load."""

    name: str
    records: int
    seconds: float
    """From the first record read until the last is scored for sure."""
    cpu_seconds: dict[str, float]
    """By process, in that time: the one under test, PostgreSQL, Kafka."""
    memory_mb: dict[str, float]
    """Peak of the process under test; what PostgreSQL holds at the end."""
    others_cores: float
    """Cores that other programs of the machine used meanwhile: more than a little makes the run a lower bound."""
    wrong: list[str] = field(default_factory=list)
    """What came out wrong; empty when every count is right."""
    notes: dict[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.seconds

    @property
    def cpu(self) -> str:
        """CPU microseconds per record, process+PostgreSQL+Kafka."""
        return "+".join(f"{1e6 * seconds / self.records:.0f}" for seconds in self.cpu_seconds.values())

    def to_json(self) -> dict[str, object]:
        """All of it, for the file."""
        return {**asdict(self), "events_per_second": round(self.rate, 1)}


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure should reach."""

    text: str
    reached: float
    limit: float
    at_most: bool = False

    @property
    def met(self) -> bool:
        """Whether it does."""
        return self.reached <= self.limit if self.at_most else self.reached >= self.limit

    def __str__(self) -> str:
        sign = "<=" if self.at_most else ">="
        verdict = "met" if self.met else "MISSED"
        reached = f"{self.reached:,.0f}" if abs(self.reached) >= 100 else f"{self.reached:.3g}"
        return f"goal {self.text} {sign} {self.limit:,g}: {reached}, {verdict}"


@dataclass(frozen=True, slots=True)
class Report:
    """One table, the goals that it is held against, and what came out wrong."""

    name: str
    title: str
    columns: tuple[str, ...]
    """Headings; the first column is text, the others are numbers."""
    rows: list[list[str]]
    legend: str = ""
    goals: list[Goal] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    data: list[dict[str, Any]] = field(default_factory=list)
    """What the table was made of, for the JSON."""


def show(console: Console, report: Report) -> None:
    """Print a report."""
    table = Table(title=report.title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for number, heading in enumerate(report.columns):
        table.add_column(heading, justify="right" if number else "left", no_wrap=True)
    for row in report.rows:
        table.add_row(*row)
    console.print(table)
    if report.legend:
        console.print(" ".join(report.legend.split()), highlight=False)
    for goal in report.goals:
        console.print(f"[{'green' if goal.met else 'yellow'}]{goal}[/]", highlight=False)
    for line in report.wrong[:10]:
        console.print(f"[red]WRONG[/] {line}", highlight=False)
    console.print()


def correctness(wrong: list[str]) -> str:
    """The word of a table for it."""
    return "WRONG" if wrong else "right"


def wrong_of(runs: Iterable[Throughput]) -> list[str]:
    """What came out wrong in several runs, each line with the name of its run."""
    return [f"{run.name}: {line}" for run in runs for line in run.wrong]


def write_json(reports: Iterable[Report], options: Mapping[str, object], versions: Mapping[str, str]) -> Path:
    """Write everything to a file of its own under `.spplus/bench/`; returns it."""
    now = datetime.now(UTC)
    document = {
        "at": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "machine": machine() | {"parts": dict(versions)},
        "options": options,
        "reports": [
            {
                "name": report.name,
                "title": report.title,
                "goals": [asdict(goal) | {"met": goal.met} for goal in report.goals],
                "wrong": report.wrong,
                "runs": report.data,
            }
            for report in reports
        ],
    }
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    file = DIRECTORY / f"{now:%Y%m%dT%H%M%SZ}.json"
    file.write_text(json.dumps(document, indent=2) + "\n")
    return file


def machine() -> dict[str, object]:
    """What the figures were had on."""
    return {
        "cores": os.cpu_count(),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES} | _locked_peers(),
    }


def _locked_peers() -> dict[str, str]:
    lines = _PEERS.read_text().splitlines() if _PEERS.exists() else []
    return dict(line.split()[0].split("==") for line in lines if line.startswith("quixstreams=="))
