"""A made-up tree as large as the real one, and a year of counts in every leaf of it."""

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

import asyncpg

from spplus_contracts import Envelope, Event, StructureDeclared
from tests.bench.taking import take
from tests.support.builders import a_finer_feedback, an_answer

DEPTHS: Final = (38, 3049, 1272, 5573, 3982, 736, 113)
"""Structures at each depth of the real tree, roots first."""
ROOT: Final = "level0n0"
"""The root that everything below the roots hangs on: the hardest case, since the real tree has 38."""
CHILDREN: Final = 7
"""Of each parent below the roots: about nine in ten of the real structures have none."""
PROFILES: Final = 40
_MONTHS: Final = 12
_STORIES: Final = (3, 30)
"""Least and most stories of a leaf in a month."""
_SEED: Final = 15_000


def full_tree(structures: int) -> list[StructureDeclared]:
    """So many structures, in the proportions of the real depths, parents before children."""
    chance = random.Random(_SEED)
    levels: list[list[str]] = []
    declared = []
    for depth, real in enumerate(DEPTHS):
        codes = [f"level{depth}n{number}" for number in range(max(1, round(real * structures / sum(DEPTHS))))]
        above = levels[-1][: max(1, len(codes) // CHILDREN)] if depth > 1 else [ROOT]
        declared += [_structure(code, chance.choice(above) if depth else None) for code in codes]
        levels.append(codes)
    return declared


def leaves_of(structures: list[StructureDeclared]) -> list[str]:
    """Those that are nobody's parent."""
    parents = {link.parent_code for each in structures for link in each.parents}
    return [each.code for each in structures if each.code not in parents]


async def plant(pool: asyncpg.Pool, structures: list[StructureDeclared], now: datetime) -> None:
    """Declare the tree to the service."""
    await take(pool, ((_envelope(each, f"declared-{each.code}", now), each) for each in structures), now)


async def profiles(pool: asyncpg.Pool, now: datetime) -> list[list[tuple[date, str]]]:
    """What the service counts for some made-up leaves: counts of each month, as its marks have them."""
    await take(pool, _stories(now), now)
    rows = await pool.fetch("SELECT structure_code, month, counts FROM marks ORDER BY structure_code, month")
    await pool.execute("TRUNCATE marks, ledger")
    found: dict[str, dict[date, dict[str, int]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    for row in rows:
        for measure, count in json.loads(row["counts"]).items():
            found[row["structure_code"]][row["month"]][measure] += count
    return [[(month, json.dumps(counts)) for month, counts in months.items()] for months in found.values()]


async def mark(pool: asyncpg.Pool, rows: list[tuple[str, date, str]]) -> None:
    """Append marks, as intake does."""
    await pool.copy_records_to_table("marks", records=rows, columns=["structure_code", "month", "counts"])


def _structure(code: str, parent: str | None) -> StructureDeclared:
    return StructureDeclared.model_validate(
        {
            "code": code,
            "version": 1,
            "name": f"Structure {code}",
            "network": "Banc d'essai",
            "parents": [{"parent_code": parent, "valid_from": date(2015, 1, 1)}] if parent else [],
        }
    )


def _stories(now: datetime) -> Iterator[tuple[Envelope, Event]]:
    chance = random.Random(_SEED)
    for profile in range(PROFILES):
        for month in range(_MONTHS):
            for number in range(chance.randint(*_STORIES)):
                told_at = now - timedelta(days=30 * month + chance.randrange(1, 28), hours=chance.randrange(24))
                request = f"profile{profile}-{month}-{number}"
                common = {"structure_code": f"profile{profile:02d}", "request_id": request}
                due_at = told_at + timedelta(days=15)
                story = a_finer_feedback(
                    **common,
                    feedback_id=request,
                    submitted_at=told_at,
                    announced_at=told_at,
                    answer_due_at=due_at,
                    sentiment=chance.choice(("positive", "positive", "neutral", "negative")),
                )
                yield _envelope(story, f"{request}-told", told_at), story
                answered_at = told_at + timedelta(days=chance.randrange(28))
                if answered_at < now and chance.random() < 0.9:
                    answer = an_answer(**common, received_at=told_at, answered_at=answered_at)
                    yield _envelope(answer, f"{request}-answered", answered_at), answer


def _envelope(event: Event, event_id: str, at: datetime) -> Envelope:
    return Envelope(event_id, "spplus", event.TYPE, at, event.key)
