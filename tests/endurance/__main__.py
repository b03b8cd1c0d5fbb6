"""Many random events through the real indicators service, killed in between; then the audit and the judge.

`python -m tests.endurance --events 1000000`; the verdict is printed and written to `.spplus/endurance`.
"""

import argparse
import asyncio
import random
import secrets
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from spplus_embedded.parts import Parts, throwaway_parts
from tests.endurance.trial import Trial, Verdict, as_json

RESULTS = Path(".spplus/endurance")
_FAULTS_SHOWN = 40


async def endure(events: int, seed: int, kills: int) -> Verdict:
    """One trial on parts of its own."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns) as bar, tempfile.TemporaryDirectory(prefix="spplus-endurance-") as folder:
        task = bar.add_task("starting Kafka and PostgreSQL", total=events)
        async with throwaway_parts() as parts:
            trial = Trial(
                parts.kafka.bootstrap_servers,
                await _database(parts),
                "endurance.",
                Path(folder),
                events=events,
                seed=seed,
                kills=kills,
                progress=lambda what, done, of_all: bar.update(task, description=what, completed=done, total=of_all),
                patience_seconds=300,
            )
            return await trial.run()


async def _database(parts: Parts) -> str:
    name = f"endurance_{secrets.token_hex(4)}"
    connection = await asyncpg.connect(parts.postgres.admin_url)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    return parts.postgres.admin_url.rpartition("/")[0] + f"/{name}"


def main() -> None:
    """Run, print, write, and fail where anything differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.endurance", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000, help="distinct events (default: %(default)s)")
    parser.add_argument("--kills", type=int, default=12, help="how often the service is killed (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    given = parser.parse_args()
    verdict = asyncio.run(endure(given.events, given.seed, given.kills))
    RESULTS.mkdir(parents=True, exist_ok=True)
    file = RESULTS / f"{datetime.now(UTC):%Y%m%d-%H%M%S}.json"
    file.write_text(as_json(verdict) + "\n")
    print(f"{verdict.events} events in {verdict.records} records, seed {verdict.seed}, {verdict.kills} kills")
    print(f"{verdict.figures} figures in {verdict.revisions} revisions after {verdict.seconds} s")
    print(f"dead letters: {verdict.dead_letters}; audit: {verdict.audit}")
    for fault in verdict.faults[:_FAULTS_SHOWN]:
        print(f"  {fault}")
    print(f"{len(verdict.faults)} faults; written to {file}")
    sys.exit(0 if verdict.passed else 1)


if __name__ == "__main__":
    main()
