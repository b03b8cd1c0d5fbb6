"""Dumping the database of scoring and putting the dump, or nothing, in its place."""

import asyncio
from pathlib import Path
from urllib.parse import unquote, urlsplit

from spplus_embedded.databases import drop_databases, prepare_databases
from spplus_embedded.postgres_programs import find_programs
from tests.support.small_platform import SmallPlatform


async def dump(it: SmallPlatform, file: Path) -> None:
    """Write the database of scoring to a file, as an operator would while the service runs."""
    await _run("pg_dump", "--dbname", it.platform.database_url("indicators"), "--file", str(file))


async def put_back(it: SmallPlatform, file: Path) -> None:
    """Drop the database and make it from the file; nobody may be connected."""
    await empty(it)
    url = it.platform.database_url("indicators")
    await _run("psql", "--dbname", url, "--file", str(file), "--quiet", "--set", "ON_ERROR_STOP=1")


async def empty(it: SmallPlatform) -> None:
    """Drop the database and make one without tables."""
    password = unquote(urlsplit(it.platform.database_url("indicators")).password or "")
    await drop_databases(it.platform.admin_url, ["indicators"])
    await prepare_databases(it.platform.admin_url, {"indicators": password}, own_server=True)


async def _run(program: str, *words: str) -> None:
    running = await asyncio.create_subprocess_exec(
        str(find_programs() / program), *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    said, complaints = await running.communicate()
    assert running.returncode == 0, f"{program}: {said.decode()} {complaints.decode()}"
