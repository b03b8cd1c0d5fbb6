"""PostgreSQL on 127.0.0.1: the embedded wheel's programs, else installed ones, run as a child of ours."""

import asyncio
import secrets
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

import asyncpg

from spplus_embedded.errors import PartsError, ensure_space, explain_stop
from spplus_embedded.ports import HOST, ensure_free, free_port
from spplus_embedded.postgres_programs import find_programs, give_to, open_the_way, system_user
from spplus_embedded.private import read_secret, write_secret
from spplus_embedded.process import Child

START_SECONDS: Final = 60.0
_ATTEMPTS: Final = 25
_STILL_ENDING: Final = "pre-existing shared memory block"
ADMINISTRATOR: Final = "postgres"
FAST: Final[Mapping[str, str]] = {"fsync": "off", "full_page_writes": "off"}
"""Settings for tests: nothing survives a power cut, everything survives a kill."""


@dataclass
class PostgresServer:
    """A PostgreSQL server. Data in `directory` outlives it; a port given as 0 is chosen when it starts, then kept."""

    directory: Path
    port: int = 0
    port_setting: str = "SPPLUS_UP_POSTGRES_PORT"
    """Named in the error when the port is taken."""
    settings: Mapping[str, str] = field(default_factory=dict)
    child: Child = field(init=False, repr=False)
    """The process, for whoever supervises it."""

    def __post_init__(self) -> None:
        self.directory = self.directory.absolute()
        self.child = Child("postgres", (), self.directory, death_signal=signal.SIGQUIT, marker=str(self._data))

    @property
    def admin_url(self) -> str:
        """Connection URL of the administrator."""
        password = quote(read_secret(self._password_file), safe="")
        return f"postgresql://{ADMINISTRATOR}:{password}@{HOST}:{self.port}/postgres"

    async def clear_the_way(self) -> None:
        """Choose a port, end a leftover of an earlier run; PartsError if somebody else has the port."""
        if self.child.running:
            raise PartsError("PostgreSQL is already started")
        await self.child.end_leftover()
        self.port = self.port or free_port()
        ensure_free(self.port, owner="PostgreSQL", setting=self.port_setting)

    async def start(self) -> None:
        """Make the cluster if the directory is new, start, and wait until connections are accepted."""
        self.directory.mkdir(parents=True, exist_ok=True)
        ensure_space(self.directory, setting="SPPLUS_UP_DIRECTORY")
        programs = find_programs()
        user = system_user()
        if user is not None:
            open_the_way(self.directory)
            open_the_way(programs)
        if not (self._data / "PG_VERSION").exists():
            await self._make_cluster(programs)
        await self.clear_the_way()
        self.child.user = user
        self.child.command = [str(programs / "postgres"), "-D", str(self._data), *self._options()]
        await self._start_child()

    async def stop(self) -> None:
        """Shut down in order, ending connections that are still open."""
        await self.child.stop(how=signal.SIGINT)

    async def kill(self) -> None:
        """End it at once, as a crash of the server would; its own processes follow it."""
        await self.child.kill()

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    @property
    def _password_file(self) -> Path:
        return self.directory / "administrator.password"

    def _options(self) -> list[str]:
        settings = {
            "listen_addresses": HOST,
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "log_timezone": "UTC",
            "timezone": "UTC",
            **self.settings,
        }
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    async def _make_cluster(self, programs: Path) -> None:
        """Make it beside and move it into place, so that an interrupted start leaves nothing half made."""
        user = system_user()
        making = self.directory / f"making-{secrets.token_hex(4)}"
        making.mkdir()
        password = making / "password"
        write_secret(password, secrets.token_urlsafe(24))
        if user is not None:
            give_to(user, making, password)
        rules = ["--auth=scram-sha-256", f"--pwfile={password}", f"--username={ADMINISTRATOR}"]
        rules += ["--encoding=UTF8", "--locale=C.UTF-8"]
        cluster = making / "data"
        command = [str(programs / "initdb"), "-D", str(cluster), *rules]
        await Child("initdb", command, self.directory, user=user).run()
        write_secret(self._password_file, password.read_text())
        cluster.rename(self._data)
        password.unlink()
        making.rmdir()

    async def _start_child(self) -> None:
        """Start; after a kill the old server's own processes may still be ending, then it refuses for a moment."""
        for attempt in range(_ATTEMPTS):
            await self.child.start()
            try:
                await self._wait_until_ready()
            except PartsError as error:
                if _STILL_ENDING not in str(error) or attempt == _ATTEMPTS - 1:
                    raise
                await asyncio.sleep(0.2)
            else:
                return

    async def _wait_until_ready(self) -> None:
        try:
            async with asyncio.timeout(START_SECONDS):
                while not await self._ready():
                    if not self.child.running:
                        raise explain_stop("PostgreSQL", self.child.log)
                    await asyncio.sleep(0.05)
        except TimeoutError as error:
            await self.child.kill()
            raise PartsError(
                f"PostgreSQL did not answer within {START_SECONDS:.0f} s (log: {self.child.log})"
            ) from error

    async def _ready(self) -> bool:
        try:
            connection = await asyncpg.connect(self.admin_url, timeout=5)
        except (OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError):
            return False
        await connection.close()
        return True
