"""`spplus up` as a person runs it: ready, watched, stopped, and nothing left behind."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
import pytest
import pytest_asyncio
from aiokafka.admin import AIOKafkaAdminClient

from spplus_contracts.topics import TOPICS
from spplus_embedded.process import command_line

pytestmark = [pytest.mark.integration, pytest.mark.asyncio, pytest.mark.timeout(300)]
RUNTIME = Path(__file__).parents[3] / ".spplus/runtime"
PARTS = ("feedback", "indicators", "notifier", "kafka", "postgres")


@dataclass
class Up:
    """A running `spplus up`."""

    process: asyncio.subprocess.Process
    directory: Path

    async def line(self, containing: str) -> str:
        """Wait for a line of its output."""
        assert self.process.stdout is not None
        async with asyncio.timeout(120):
            while line := (await self.process.stdout.readline()).decode():
                if containing in line:
                    return line
        raise AssertionError(f"it ended without saying {containing!r}")

    def environment(self) -> dict[str, str]:
        lines = (self.directory / "platform.env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def pids(self) -> dict[str, int]:
        found = {file.stem: int(file.read_text()) for file in self.directory.glob("*/*.pid")}
        return {name: pid for name, pid in found.items() if command_line(pid)}

    async def ended(self) -> int:
        async with asyncio.timeout(60):
            return await self.process.wait()


async def start(directory: Path, **settings: str) -> Up:
    ports = {f"SPPLUS_UP_{name}_PORT": "0" for name in ("FEEDBACK", "INDICATORS", "NOTIFIER", "KAFKA", "POSTGRES")}
    files = {"DIRECTORY": directory, "RUNTIME": RUNTIME, "ENVIRONMENT_FILE": directory / "platform.env"}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "spplus_embedded",
        "up",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **ports, **{f"SPPLUS_UP_{name}": str(path) for name, path in files.items()}, **settings},
    )
    return Up(process, directory)


@contextlib.asynccontextmanager
async def running(directory: Path, **settings: str) -> AsyncIterator[Up]:
    up = await start(directory, **settings)
    try:
        await up.line("ready")
        yield up
    finally:
        if up.process.returncode is None:
            up.process.terminate()
        await up.ended()


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("up")


@pytest_asyncio.fixture(scope="module")
async def up(directory: Path) -> AsyncIterator[Up]:
    async with running(directory) as one:
        yield one


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110  # processes of others give no event
            await asyncio.sleep(0.05)


async def is_ready(port: str) -> bool:
    async with httpx.AsyncClient(trust_env=False) as client:
        with contextlib.suppress(httpx.HTTPError):
            return (await client.get(f"http://127.0.0.1:{port}/readyz")).status_code == httpx.codes.OK
    return False


async def test_each_service_is_ready_where_the_environment_file_says(up: Up) -> None:
    environment = up.environment()
    ports = [environment[f"SPPLUS_{name}_HTTP_PORT"] for name in ("FEEDBACK", "INDICATORS", "NOTIFIER")]
    assert [await is_ready(port) for port in ports] == [True, True, True]
    assert (up.directory / "platform.env").stat().st_mode & 0o777 == 0o600


async def test_topics_of_the_registry_are_there(up: Up) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=up.environment()["SPPLUS_KAFKA_BOOTSTRAP_SERVERS"])
    await admin.start()
    listed = await admin.list_topics()
    await admin.close()
    assert {topic.name for topic in TOPICS} <= set(listed)


@pytest.mark.parametrize("other", ["spplus_indicators", "spplus_notifier", "postgres", "template1"])
async def test_role_of_a_service_is_refused_by_every_other_database(up: Up, other: str) -> None:
    url = up.environment()["SPPLUS_FEEDBACK_DATABASE_URL"]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(url, database=other)


async def test_role_of_a_service_has_no_power_over_the_server(up: Up) -> None:
    connection = await asyncpg.connect(up.environment()["SPPLUS_FEEDBACK_DATABASE_URL"])
    powers = await connection.fetchrow(
        "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
    )
    await connection.close()
    assert tuple(powers or ()) == (False, False, False)


@pytest.mark.parametrize("part", PARTS)
async def test_killed_part_comes_back_and_this_is_said(up: Up, part: str) -> None:
    before = up.pids()[part]
    os.kill(before, signal.SIGKILL)
    assert "signal 9" in await up.line(f"{part} stopped")
    await up.line(f"{part} is back")
    assert up.pids()[part] != before


async def test_second_platform_on_the_same_directory_is_refused(up: Up) -> None:
    second = await start(up.directory)
    assert f"process {up.process.pid}" in await second.line("already runs")
    assert await second.ended() == 2
    assert await is_ready(up.environment()["SPPLUS_FEEDBACK_HTTP_PORT"])


@pytest.mark.parametrize("door", ["FEEDBACK", "KAFKA"])
async def test_taken_port_is_named_with_its_setting_before_anything_starts(tmp_path: Path, door: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        up = await start(tmp_path, **{f"SPPLUS_UP_{door}_PORT": str(taken.getsockname()[1])})
        assert f"SPPLUS_UP_{door}_PORT" in await up.line("is taken")
        assert await up.ended() == 2
    assert up.pids() == {}


async def test_killed_supervisor_takes_its_processes_along_and_the_next_run_stops_in_order(tmp_path: Path) -> None:
    async with running(tmp_path) as killed:
        pids = killed.pids()
        killed.process.kill()
        await killed.ended()
    if sys.platform == "linux":  # elsewhere the next start ends what was left
        await until(lambda: not any(command_line(pid) for pid in pids.values()))
    async with running(tmp_path) as again:
        pids = again.pids()
        assert set(pids) == set(PARTS)
        again.process.send_signal(signal.SIGTERM)
        await again.line("stopped")
        assert await again.ended() == 0
    assert [command_line(pid) for pid in pids.values()] == [""] * len(PARTS)
    assert not (tmp_path / "platform.env").exists()
