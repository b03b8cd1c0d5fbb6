"""What an operator does before the first citizen comes, by the operator's own commands."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

from spplus_embedded.demo.facts import SOURCES, SourceGrant
from spplus_embedded.demo.tree import ROOT, Place, write_list
from spplus_embedded.errors import PartsError
from spplus_embedded.platform import Platform

_SECONDS: Final = 120.0
_SCOPE_WORDS: Final = ("--scope", "requests:answer", "--scope", "stories:moderate")


async def prepare(platform: Platform, places: Sequence[Place]) -> str:
    """Import the list of structures, register the agencies with their topics, and give a key that may do the rest."""
    path = platform.directory / "structures.csv"
    write_list(places, path)
    await run_feedback(platform, "import-structures", str(path), "--rejects", str(path.with_suffix(".rejects.csv")))
    key, *_ = await asyncio.gather(
        run_feedback(platform, "keys", "create", *_SCOPE_WORDS, "--name", "demo", "--structure", ROOT),
        *(run_feedback(platform, "sources", "add", *_grant(grant)) for grant in SOURCES),
    )
    return key.strip().splitlines()[-1]


def _grant(grant: SourceGrant) -> list[str]:
    """Words of `sources add` for a system: its own part of the tree and nothing else."""
    words = [grant.code, "--name", grant.name, "--structure", f"{ROOT}-{grant.network}"]
    words += [word for kind in grant.feedback_kinds for word in ("--feedback", kind)]
    words += [word for kind in grant.single_kinds for word in ("--single", kind)]
    words += [word for kind in grant.bulk_kinds for word in ("--bulk", kind)]
    return words


async def run_feedback(platform: Platform, *words: str) -> str:
    """Run a command of the intake service on the demo's platform and give what it prints."""
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "spplus_feedback",
        *words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **platform.environment()},
    )
    try:
        async with asyncio.timeout(_SECONDS):
            told, complaints = await running.communicate()
    except BaseException:
        if running.returncode is None:
            running.kill()
            await running.wait()
        raise
    if running.returncode != 0:
        raise PartsError(f"spplus-feedback {words[0]} failed: {complaints.decode(errors='replace').strip()[-800:]}")
    return told.decode()
