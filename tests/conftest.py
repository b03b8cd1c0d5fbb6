"""Fixtures of every suite: the real Kafka and PostgreSQL, a fresh database, a name space of topics.

The parts come from SPPLUS_TEST_KAFKA and SPPLUS_TEST_POSTGRES (`spplus parts run -- pytest` sets both, for all
processes of the run); without them the session starts its own.
"""

import asyncio
import os
import tempfile
import threading
import uuid
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from hypothesis import HealthCheck, settings

from spplus_embedded import kafka as kafka_part
from spplus_embedded import postgres as postgres_part
from spplus_embedded.kafka import KafkaNode
from spplus_embedded.parts import KAFKA_VARIABLE, POSTGRES_VARIABLE
from spplus_embedded.postgres import PostgresServer
from tests.support import profiles

ROOT = Path(__file__).parent.parent
profiles.register()
T = TypeVar("T")

# A crowded machine is no fault of a strategy: neither its speed nor that of an example is judged.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def run_here(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end on a loop of its own; the test's loop is not touched. For fixtures that start processes."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


def run_apart(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end in a thread of its own: works from plain and from async tests alike."""
    results: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(asyncio.run(work))
        except BaseException as error:  # noqa: BLE001  # handed to the caller
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return results[0]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--open-data", type=Path, metavar="FOLDER", help="run the tests on the official open data")
    parser.addoption("--allow-skips", action="store_true", help="let the run pass although tests were skipped")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without --open-data its tests do not belong to the run."""
    if config.getoption("--open-data") is None:
        apart = [item for item in items if item.get_closest_marker("open_data")]
        if apart:
            config.hook.pytest_deselected(items=apart)
            items[:] = [item for item in items if item not in apart]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A skipped test is a check that was not made: the run fails, unless that was allowed."""
    if skipped_without_leave(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say why the run fails."""
    count = skipped_without_leave(config)
    if count:
        terminalreporter.write_line(
            f"{count} tests were skipped: this fails the run (--allow-skips lets it pass)", red=True
        )


def skipped_without_leave(config: pytest.Config) -> int:
    """Count of skipped tests, where they are not allowed; counted by the process that reports."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput") or config.getoption("--allow-skips"):
        return 0
    return len(reporter.stats.get("skipped", []))


@pytest.fixture(scope="session")
def open_data(request: pytest.FixtureRequest) -> Path:
    """Folder of the official open data."""
    folder: Path = request.config.getoption("--open-data")
    return folder.absolute()


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """Bootstrap servers of a real Kafka."""
    if given := os.environ.get(KAFKA_VARIABLE):
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="spplus-kafka-", ignore_cleanup_errors=True) as directory:
        node = KafkaNode(Path(directory), runtime=ROOT / ".spplus/runtime", properties=kafka_part.FAST)
        run_here(node.start())
        yield node.bootstrap_servers
        run_here(node.stop())


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Connection URL of the administrator of a real PostgreSQL."""
    if given := os.environ.get(POSTGRES_VARIABLE):
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="spplus-postgres-", ignore_cleanup_errors=True) as directory:
        server = PostgresServer(Path(directory), settings=postgres_part.FAST)
        run_here(server.start())
        yield server.admin_url
        run_here(server.stop())


@pytest.fixture(scope="session")
def make_database(postgres: str) -> Iterator[Callable[[], str]]:
    """Give the URL of a fresh empty database at each call; all are dropped at the end of the session."""
    made: list[str] = []

    def make() -> str:
        name = f"test_{uuid.uuid4().hex}"
        run_apart(execute(postgres, f'CREATE DATABASE "{name}" TEMPLATE template0'))
        made.append(name)
        return urlsplit(postgres)._replace(path=f"/{name}").geturl()

    yield make
    for name in made:
        run_apart(execute(postgres, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


@pytest.fixture
def database_url(postgres: str, make_database: Callable[[], str]) -> Iterator[str]:
    """URL of a fresh empty database, dropped after the test."""
    url = make_database()
    yield url
    run_apart(execute(postgres, f'DROP DATABASE IF EXISTS "{urlsplit(url).path[1:]}" WITH (FORCE)'))


@pytest.fixture
def topic_prefix(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give a prefix of topics, groups and transactions that no other test has; its topics are deleted afterwards."""
    prefix = f"t{uuid.uuid4().hex[:10]}."
    yield prefix
    if "kafka" in request.fixturenames:
        run_apart(delete_topics(request.getfixturevalue("kafka"), prefix))


async def execute(url: str, statement: str) -> None:
    """Run one statement outside of a transaction."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def delete_topics(bootstrap_servers: str, prefix: str) -> None:
    """Delete the topics of a test, so that the broker stays light."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await client.start()
    try:
        names = [name for name in await client.list_topics() if name.startswith(prefix)]
        if names:
            await client.delete_topics(names)
    finally:
        await client.close()
