"""The whole platform on this machine: Kafka, PostgreSQL and the three services, started, watched, stopped."""

import asyncio
import os
import shutil
import signal
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, Self

from spplus_chassis.kafka_settings import SECURITY_VARIABLES
from spplus_chassis.migrations import migrate
from spplus_chassis.topics import create_topics
from spplus_contracts.topics import TOPICS
from spplus_embedded import kafka as kafka_part
from spplus_embedded import postgres as postgres_part
from spplus_embedded.databases import drop_databases, keep_passwords, prepare_databases, url_of
from spplus_embedded.errors import PartsError
from spplus_embedded.kafka import KafkaNode
from spplus_embedded.locked import try_exclusive
from spplus_embedded.mail_catcher import MailCatcher
from spplus_embedded.notice_keys import notice_environment
from spplus_embedded.postgres import PostgresServer
from spplus_embedded.private import write_secret
from spplus_embedded.process import Child
from spplus_embedded.service_process import SERVICES, ServiceProcess, package_of
from spplus_embedded.settings import UpSettings
from spplus_embedded.supervision import Announce, Part, Supervisor

_KNOWN_CONTENT: Final = (
    *("kafka", "postgres", "services", "passwords.json"),
    *("notice-keys.json", "notice-public-keys.json", "seal-key", "mails"),
)
"""All that a platform writes into its directory; a reset deletes this and nothing else."""


@dataclass
class Platform:
    """One platform. `async with Platform(UpSettings(...))` starts it, and stops it in order at the end.

    The names of the parts are feedback, indicators, notifier, kafka and postgres.
    """

    settings: UpSettings = field(default_factory=UpSettings)
    announce: Announce = print
    extra_environment: Mapping[str, str] = field(default_factory=dict)
    """Given to each service besides its own settings."""
    fast: bool = False
    """For tests: quick settings that do not survive a power cut."""
    _lock: IO[str] | None = field(default=None, init=False, repr=False)
    _passwords: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    _written: str = field(default="", init=False, repr=False)

    def __post_init__(self) -> None:
        settings = self.settings
        self._directory = settings.directory.absolute()
        self._kafka = KafkaNode(
            self._directory / "kafka",
            port=settings.kafka_port,
            runtime=settings.runtime,
            properties=kafka_part.FAST if self.fast else {},
        )
        self._postgres = PostgresServer(
            self._directory / "postgres",
            port=settings.postgres_port,
            settings=postgres_part.FAST if self.fast else {},
        )
        ports = {
            "feedback": settings.feedback_port,
            "indicators": settings.indicators_port,
            "notifier": settings.notifier_port,
        }
        self._services = {
            name: ServiceProcess(name, self._directory / "services", port=ports[name]) for name in SERVICES
        }
        self._supervisor = Supervisor(self.announce)
        self._mails = MailCatcher(self.mails, self.announce)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def directory(self) -> Path:
        """Where the data and the logs are."""
        return self._directory

    @property
    def mails(self) -> Path:
        """Where mails are kept instead of being sent, if they are."""
        return self._directory / "mails"

    @property
    def kafka_servers(self) -> str:
        """Kafka's address for clients."""
        return self._kafka.bootstrap_servers

    @property
    def admin_url(self) -> str:
        """PostgreSQL's administrator URL."""
        return self.settings.postgres_url or self._postgres.admin_url

    def address(self, service: str) -> str:
        """Root of a service's pages and interfaces, such as http://127.0.0.1:8001."""
        return self._services[service].address

    def database_url(self, service: str) -> str:
        """Connection URL of a service's database with its role."""
        return url_of(self.admin_url, service, self._passwords[service])

    def log(self, part: str) -> Path:
        """Where a part's log is."""
        return self._child(part).log

    def pid(self, part: str) -> int | None:
        """Process id of a part, while it runs."""
        return self._child(part).pid

    def environment(self) -> dict[str, str]:
        """Settings by which commands of the services, run elsewhere, use this platform."""
        found = {"SPPLUS_KAFKA_BOOTSTRAP_SERVERS": self.kafka_servers}
        for name, service in self._services.items():
            found[f"SPPLUS_{name.upper()}_DATABASE_URL"] = self.database_url(name)
            found[f"SPPLUS_{name.upper()}_HTTP_PORT"] = str(service.port)
        return found

    async def start(self, *, reset: bool = False) -> None:
        """Start everything and wait until each service is ready; PartsError, with nothing left running, otherwise."""
        self._take_lock()
        try:
            await self._clear_the_way()
            if reset:
                await self._reset()
            await self._start_parts()
            await self._prepare()
            await self._start_services()
            self._written = render_environment(self.environment())
            write_secret(self.settings.environment_file, self._written)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop the services, then Kafka, then PostgreSQL. What does not end in time is ended."""
        if self._lock is None:
            return
        await self._supervisor.leave_all()
        self._forget_environment()
        await asyncio.gather(*(service.stop() for service in self._services.values()))
        await self._mails.stop()
        await self._kafka.stop()
        await self._postgres.stop()
        self._lock.close()
        self._lock = None

    def kill_all(self) -> None:
        """End every process at once; for a person who does not want to wait any longer."""
        for part in (*self._services, "kafka", "postgres"):
            if self.pid(part) is not None:
                self._child(part).send(signal.SIGKILL)

    async def kill(self, part: str) -> None:
        """End a part at once, as a power cut would; it is started again like any part that dies."""
        await self._child(part).kill()

    async def hold(self, part: str) -> None:
        """Stop a part in order and keep it down until `release`."""
        await self._supervisor.leave(part)
        await self._part(part).stop()

    async def release(self, part: str) -> None:
        """Start a part that was held."""
        await self._part(part).start()
        self._supervisor.watch(part, self._part(part))

    def send(self, part: str, how: signal.Signals) -> None:
        """Send a signal to a part: SIGSTOP and SIGCONT pause and resume it."""
        self._child(part).send(how)

    def _forget_environment(self) -> None:
        """Remove the file, unless another platform has written its own there since."""
        file = self.settings.environment_file
        if file.exists() and file.read_text() == self._written:
            file.unlink()

    def _part(self, name: str) -> ServiceProcess | KafkaNode | PostgresServer:
        if name == "kafka":
            return self._kafka
        return self._postgres if name == "postgres" else self._services[name]

    def _child(self, name: str) -> Child:
        return self._part(name).child

    def _take_lock(self) -> None:
        lock = self._directory / "lock"
        self._lock = try_exclusive(lock)
        if self._lock is None:
            raise PartsError(
                f"a platform already runs on {self._directory} (process {lock.read_text().strip()}): "
                "stop it, or choose another directory with SPPLUS_UP_DIRECTORY"
            )
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()

    async def _clear_the_way(self) -> None:
        """Find out about taken ports before anything is started."""
        self.settings.environment_file.unlink(missing_ok=True)
        await self._kafka.clear_the_way()
        if self.settings.postgres_url is None:
            await self._postgres.clear_the_way()
        for service in self._services.values():
            await service.clear_the_way()

    async def _reset(self) -> None:
        self.announce(f"emptying {self._directory}")
        if self.settings.postgres_url is not None:
            await drop_databases(self.settings.postgres_url, SERVICES)
        for name in _KNOWN_CONTENT:
            path = self._directory / name
            if path.is_dir():
                await asyncio.to_thread(shutil.rmtree, path)
            else:
                path.unlink(missing_ok=True)

    async def _start_parts(self) -> None:
        self.announce("starting Kafka and PostgreSQL")
        parts: dict[str, Part] = {"kafka": self._kafka}
        if self.settings.postgres_url is None:
            parts["postgres"] = self._postgres
        await _together(part.start() for part in parts.values())
        for name, part in parts.items():
            self._supervisor.watch(name, part)

    async def _prepare(self) -> None:
        self._passwords = keep_passwords(self._directory / "passwords.json", SERVICES)
        own = self.settings.postgres_url is None
        await prepare_databases(self.admin_url, self._passwords, own_server=own)
        for service in SERVICES:
            applied = await migrate(self.database_url(service), package_of(service))
            if applied:
                self.announce(f"{service}: {len(applied)} migrations applied")
        await create_topics(self.kafka_servers, TOPICS)

    async def _start_services(self) -> None:
        self.announce("starting the services")
        caught = await self._mails.start() if self.settings.mails else {}
        around = {**os.environ, **self.extra_environment, **caught}
        notices = notice_environment(
            self._directory,
            feedback=self.address("feedback"),
            notifier=self.address("notifier"),
            mails=bool(around.get("SPPLUS_NOTIFIER_MAIL_HOST")),
        )
        for name, service in self._services.items():
            service.environment = {
                "SPPLUS_NOTIFIER_SHARE_URL": f"{self.address('feedback')}/",
                **notices,
                **self.extra_environment,
                **caught,
                **dict.fromkeys(SECURITY_VARIABLES, ""),  # ours asks for nothing, whatever this shell says of another
                "SPPLUS_KAFKA_BOOTSTRAP_SERVERS": self.kafka_servers,
                f"SPPLUS_{name.upper()}_DATABASE_URL": self.database_url(name),
            }
        await _together(service.start() for service in self._services.values())
        for name, service in self._services.items():
            self._supervisor.watch(name, service)


def render_environment(settings: Mapping[str, str]) -> str:
    """Text of the file by which commands find the platform."""
    return "".join(f"{name}={value}\n" for name, value in sorted(settings.items()))


async def _together(starts: Iterable[Awaitable[None]]) -> None:
    """Wait for all, then raise the first failure: no start is left half way while others are being stopped."""
    outcomes = await asyncio.gather(*starts, return_exceptions=True)
    for outcome in outcomes:
        if outcome is not None:
            raise outcome
