"""schemathesis as an outside judge of what a running service says of itself."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

_CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


async def judged(address: str, folder: Path, *, headers: Mapping[str, str], endless: str = "") -> tuple[bool, str]:
    """Whether every answer is one that the OpenAPI document describes, and what the judge said.

    `endless` is the path of a stream, which the judge would read for ever.
    """
    judge = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{address}/openapi.json"),
        *("--phases", "coverage,fuzzing", "--max-examples", "20", "--checks", _CHECKS, "--no-color"),
        *("--suppress-health-check", "all", "--seed", "1", "--generation-database", "none"),
        *(word for name, value in headers.items() for word in ("--header", f"{name}: {value}")),
        *(("--exclude-path", endless) if endless else ()),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=folder,
    )
    said, _ = await judge.communicate()
    return judge.returncode == 0, said.decode()
