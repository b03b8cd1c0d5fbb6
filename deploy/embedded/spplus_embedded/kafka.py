"""Apache Kafka itself: one node that is broker and controller (KRaft), on 127.0.0.1."""

import asyncio
import base64
import contextlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from spplus_embedded.errors import PartsError, ensure_space, explain_stop
from spplus_embedded.jars import fetch_jars
from spplus_embedded.java import find_java
from spplus_embedded.ports import HOST, answers, ensure_free, free_port
from spplus_embedded.process import Child

START_SECONDS: Final = 90.0
JVM_OPTIONS: Final = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
DEFAULT_RUNTIME: Final = Path(".spplus/runtime")
FAST: Final[Mapping[str, str]] = {
    "log.index.size.max.bytes": "1048576",
    "log.segment.delete.delay.ms": "1000",
    "log.cleaner.backoff.ms": "500",
}
"""Settings for tests, which make and drop many topics."""

_LOGGING: Final = tuple(
    f"-Dorg.slf4j.simpleLogger.{setting}"
    for setting in ("defaultLogLevel=warn", "showDateTime=true", "dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSX")
)


class Listener(NamedTuple):
    """One more door of a broker, for clients."""

    name: str
    protocol: str
    """PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL; what it needs stands in the node's properties."""
    port: int


def render_properties(
    *,
    data: Path,
    port: int,
    controller_port: int,
    listeners: Sequence[Listener] = (),
    extra: Mapping[str, str] | None = None,
) -> str:
    """Text of server.properties for a node that is alone.

    The quorum is named by address in the settings rather than in the data, so that the ports may change between runs.
    """
    doors = [Listener("BROKER", "PLAINTEXT", port), *listeners]
    addresses = [f"{each.name}://{HOST}:{each.port}" for each in doors]
    protocols = [f"{each.name}:{each.protocol}" for each in doors]
    alone = ("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{HOST}:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "BROKER",
        "listeners": ",".join([*addresses, f"CONTROLLER://{HOST}:{controller_port}"]),
        "advertised.listeners": ",".join(addresses),
        "listener.security.protocol.map": ",".join([*protocols, "CONTROLLER:PLAINTEXT"]),
        "log.dirs": str(data),
        "auto.create.topics.enable": "false",
        # After a crash the controller waits this long before it believes that the broker is new: 9 s by default.
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        "group.initial.rebalance.delay.ms": "0",
        "offsets.retention.minutes": str(365 * 24 * 60),
        **{f"{topic}.replication.factor": "1" for topic in alone},
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.num.partitions": "4",
        **(extra or {}),
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


@dataclass
class KafkaNode:
    """A single-node Kafka. Data in `directory` outlives it; ports given as 0 are chosen when it starts, then kept."""

    directory: Path
    port: int = 0
    runtime: Path = DEFAULT_RUNTIME
    """Where the jars are kept."""
    port_setting: str = "SPPLUS_UP_KAFKA_PORT"
    """Named in the error when the port is taken."""
    properties: Mapping[str, str] = field(default_factory=dict)
    jvm_options: Sequence[str] = JVM_OPTIONS
    listeners: Sequence[Listener] = ()
    """Doors beside the one that everybody on this machine may use."""
    scram_users: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Passwords of users that are there from the start."""
    child: Child = field(init=False, repr=False)
    """The process, for whoever supervises it."""
    _controller_port: int = field(default=0, init=False, repr=False)

    @property
    def bootstrap_servers(self) -> str:
        """Address for clients."""
        return f"{HOST}:{self.port}"

    def __post_init__(self) -> None:
        self.directory = self.directory.absolute()
        self.child = Child("kafka", (), self.directory, marker=str(self._settings))

    async def clear_the_way(self) -> None:
        """Choose ports, end a leftover of an earlier run; PartsError if somebody else has the port."""
        if self.child.running:
            raise PartsError("Kafka is already started")
        await self.child.end_leftover()
        self.port = self.port or free_port()
        self._controller_port = self._controller_port or free_port()
        ensure_free(self.port, owner="Kafka", setting=self.port_setting)

    async def start(self) -> None:
        """Format the data directory if it is new, start, and wait until clients are answered."""
        self.directory.mkdir(parents=True, exist_ok=True)
        ensure_space(self.directory, setting="SPPLUS_UP_DIRECTORY")
        jars = await asyncio.to_thread(fetch_jars, self.runtime)
        java = await asyncio.to_thread(find_java)
        await self.clear_the_way()
        self._settings.write_text(self._rendered())
        classes = ["-cp", f"{jars.absolute()}/*"]
        if not (self._data / "meta.properties").exists():
            await self._format([str(java), "-XX:TieredStopAtLevel=1", *classes])
        self.child.command = [str(java), *self.jvm_options, *_LOGGING, *classes, "kafka.Kafka", str(self._settings)]
        await self.child.start()
        await self._wait_until_ready()

    async def stop(self) -> None:
        """Shut down in order (flushed, so that the next start is quick)."""
        await self.child.stop()

    async def kill(self) -> None:
        """End it at once, as a power cut would."""
        await self.child.kill()

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    @property
    def _settings(self) -> Path:
        return self.directory / "server.properties"

    def _rendered(self) -> str:
        return render_properties(
            data=self._data,
            port=self.port,
            controller_port=self._controller_port,
            listeners=self.listeners,
            extra=self.properties,
        )

    async def _format(self, java: Sequence[str]) -> None:
        cluster = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=").replace("-", "A")
        arguments = ["format", "--ignore-formatted", "-t", cluster, "-c", str(self._settings)]
        for name, password in self.scram_users.items():
            for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
                arguments += ["--add-scram", f"{mechanism}=[name={name},password={password}]"]
        await Child("kafka-format", [*java, "kafka.tools.StorageTool", *arguments], self.directory).run()

    async def _wait_until_ready(self) -> None:
        try:
            async with asyncio.timeout(START_SECONDS):
                while not await self._ready():
                    if not self.child.running:
                        raise explain_stop("Kafka", self.child.log)
                    await asyncio.sleep(0.05)
        except TimeoutError as error:
            await self.child.kill()
            raise PartsError(f"Kafka did not answer within {START_SECONDS:.0f} s (log: {self.child.log})") from error

    async def _ready(self) -> bool:
        if not answers(self.port):
            return False
        client = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap_servers, request_timeout_ms=2000)
        try:
            await client.start()
            await client.list_topics()
        except (KafkaError, OSError):
            return False
        finally:
            with contextlib.suppress(KafkaError, OSError):
                await client.close()
        return True
