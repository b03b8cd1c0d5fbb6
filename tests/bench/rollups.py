"""The full tree: what its root costs, what a tick of the publisher costs, how many keys the compacted topic holds."""

import argparse
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime
from itertools import cycle, islice, product
from statistics import median
from typing import Any, NamedTuple

import asyncpg
from rich.console import Console

from spplus_chassis.database import open_pool
from spplus_contracts import StructureDeclared
from spplus_indicators.canopy import Pace
from spplus_indicators.figures import Target
from spplus_indicators.publisher import Publisher
from spplus_indicators.thresholds import Thresholds
from tests.bench.full_tree import ROOT, full_tree, leaves_of, mark, plant, profiles
from tests.bench.results import Goal, Report
from tests.bench.service import prepare
from tests.bench.stand import Stand

PREFIX = "rollups."
MARKS = 5_000
_REPEATS = 20
_ROUNDS = 10
_SAMPLE = 1_500
_THRESHOLDS = Thresholds()
_LEGEND = """\
Everything by the service's own functions on its own tables, without a bus. Root: all figures of all periods that 12
months ask for, read and computed, not saved. A tick: {marks:,} marks of as many leaves taken and added up for them and
their ancestors, then one batch of the queue computed, saved and put into the outbox. Own CPU: of the publisher, without
PostgreSQL. Keys: figures that exist, {sampled} of {structures:,} structures computed.
"""


class Took(NamedTuple):
    """How long an act took, in milliseconds."""

    ms: float
    cpu_ms: float
    """Of this process; without PostgreSQL's."""
    result: Any


class Bench:
    """The full tree in a database, and the publisher on it."""

    def __init__(self, pool: asyncpg.Pool, structures: list[StructureDeclared], now: datetime) -> None:
        self.pool = pool
        self.structures = structures
        self.leaves = leaves_of(structures)
        self.now = now
        self.pace = Pace()
        self.months: list[date] = []
        self.families: frozenset[str] = frozenset()
        self.publisher = Publisher(
            lambda: pool, clock=lambda: datetime.now(UTC), thresholds=_THRESHOLDS, pace=self.pace
        )

    async def fill(self) -> Took:
        """Plant the tree and put a year of counts into every leaf; returns what adding them up took."""
        await plant(self.pool, self.structures, self.now)
        kinds = await profiles(self.pool, self.now)
        chance = random.Random(MARKS)
        rows = [(leaf, month, counts) for leaf in self.leaves for month, counts in chance.choice(kinds)]
        await mark(self.pool, rows)
        took = await _timed(self._fold_all)
        queued = await self.pool.fetch("SELECT month, measures FROM publication_queue WHERE structure_code = $1", ROOT)
        self.months = sorted(row["month"] for row in queued)
        self.families = frozenset(name for row in queued for name in row["measures"])
        await self.pool.execute("TRUNCATE publication_queue")
        await self.pool.execute("VACUUM (ANALYZE) tallies")
        return took

    async def _fold_all(self) -> None:
        while await self.publisher.fold_marks():
            pass

    async def revisions(self, codes: list[str]) -> int:
        """Compute all figures of structures over the whole year; returns how many there are. Nothing is saved."""
        targets = [Target(code, month, self.families) for code, month in product(codes, self.months)]
        async with self.pool.acquire() as connection:
            return len(await self.publisher._revisions(connection, targets, datetime.now(UTC)))

    async def tick(self) -> tuple[Took, int, list[Took]]:
        """Marks of many leaves: adding them up, what then waits, and some batches published after."""
        told = '{"experiences": 1, "positive": 1, "answer_expected": 1}'
        leaves = islice(cycle(self.leaves), MARKS)
        await mark(self.pool, [(leaf, self.months[-1], told) for leaf in leaves])
        folding = await _timed(self.publisher.fold_marks)
        waiting = await self.pool.fetchval("SELECT count(*) FROM publication_queue")
        return folding, waiting, [await _timed(self.publisher.publish) for _ in range(_ROUNDS)]


async def rollups(console: Console, stand: Stand, options: argparse.Namespace) -> Report:
    """All measurements on one database."""
    structures = full_tree(options.structures)
    pool = await open_pool(await prepare(stand, "indicators", PREFIX), 4)
    try:
        bench = Bench(pool, structures, datetime.now(UTC))
        with console.status(f"A year of counts in every leaf of {len(structures):,} structures"):
            filling = await bench.fill()
        with console.status("Computing the root"):
            root = [await _timed(lambda: bench.revisions([ROOT])) for _ in range(_REPEATS)]
        with console.status("Counting keys"):
            stride = max(1, len(structures) // _SAMPLE)
            sample = [each.code for each in structures[::stride]]
            keys = sum([await bench.revisions(sample[start : start + 50]) for start in range(0, len(sample), 50)])
        with console.status("A tick of the publisher"):
            folding, waiting, batches = await bench.tick()
    finally:
        await pool.close()
    run = {
        "structures": len(structures),
        "leaves": len(bench.leaves),
        "filling": filling[:2],
        "root": [each[:2] for each in root],
        "root_figures": root[0].result,
        "folding": folding[:2],
        "batches": [each[:2] for each in batches],
        "queued": waiting,
        "keys": round(keys * len(structures) / len(sample)),
        "sampled": len(sample),
    }
    return _report(run, bench.pace.batch)


async def _timed(act: Callable[[], Awaitable[Any]]) -> Took:
    began, used = time.perf_counter(), time.process_time()
    result = await act()
    return Took(round(1000 * (time.perf_counter() - began), 1), round(1000 * (time.process_time() - used), 1), result)


def _report(run: dict[str, Any], batch: int) -> Report:
    tick = [sum(pair) for pair in zip(run["folding"], run["batches"][0], strict=True)]
    root, further = ([median(column) for column in zip(*run[name], strict=True)] for name in ("root", "batches"))
    slowest = max(run["root"])
    rows = [
        ["root over 12 months, median", *_shown(root), f"{run['root_figures']:,} figures"],
        ["root over 12 months, most", *_shown(slowest), f"of {len(run['root'])} times"],
        [f"{MARKS:,} marks added up", *_shown(run["folding"]), f"{run['queued']:,} structures to publish"],
        ["a tick: the same and one batch", *_shown(tick), f"{batch} of them published"],
        ["a batch, median", *_shown(further), f"{batch} published"],
        ["a year in every leaf, added up", *_shown(run["filling"]), f"{run['leaves']:,} leaves"],
        ["keys of the compacted topic", f"{run['keys']:,}", "", f"{run['structures']:,} structures"],
    ]
    goals = [
        Goal("ms for the root over 12 months, median", root[0], 100, at_most=True),
        Goal(f"ms for a tick with {MARKS:,} marks", tick[0], 1_000, at_most=True),
    ]
    legend = _LEGEND.format(marks=MARKS, sampled=f"{run['sampled']:,}", structures=run["structures"])
    wrong = [] if run["root_figures"] else ["the root has no figure"]
    return Report(
        "rollups",
        "Roll-ups of the full tree",
        ("what", "took ms", "own CPU ms", "for"),
        rows,
        legend,
        goals,
        wrong,
        [run],
    )


def _shown(took: Sequence[float]) -> tuple[str, str]:
    return f"{took[0]:,.0f}", f"{took[1]:,.0f}"
