"""A service about numbers whose dead letters are dug up: what it refuses can be changed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from spplus_chassis import dead_letters
from spplus_chassis.delivery import Subscription
from spplus_chassis.migrations import migrate
from spplus_chassis.records import Batch, Record, Refusal
from spplus_chassis.service import Service
from spplus_chassis.settings import ServiceSettings
from tests.conftest import run_apart

TOPIC = "spplus.number.drawn.v1"
PLACE = f"{TOPIC}/0/"


@dataclass
class Cemetery:
    """Numbers are drawn into a table; `refuses` says which are not taken."""

    database_url: str
    refuses: Callable[[bytes | None], bool] = lambda value: value == b"bad"
    prepared: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        run_apart(self._make())

    def service(self) -> Service:
        settings = ServiceSettings(
            database_url=self.database_url, http_port=1, kafka_bootstrap_servers="127.0.0.1:1", _env_file=None
        )
        service = Service("numbers", settings, package="spplus_chassis")
        service.subscribe(Subscription("numbers", self._prepare, self._apply, topics=(TOPIC,)))
        return service

    def bury(self, *records: Record, reason: str = "bad") -> None:
        refusals = [Refusal(record, reason, "not a number") for record in records]
        run_apart(self._in_transaction(refusals))

    def query(self, sql: str, *parameters: Any) -> list[asyncpg.Record]:
        return run_apart(self._query(sql, *parameters))

    def drawn(self) -> list[str]:
        return [row[0] for row in self.query("SELECT number FROM drawn ORDER BY number")]

    def letters(self) -> list[tuple]:
        rows = self.query(
            'SELECT "offset", reason, resolution, last_reason, dropped_because FROM dead_letters ORDER BY "offset"'
        )
        return [tuple(row) for row in rows]

    def _prepare(self, batch: Batch) -> list[str]:
        self.prepared += batch.records
        taken = []
        for record in batch.records:
            if self.refuses(record.value):
                batch.refuse(record, "still_bad", "number: not one")
            else:
                taken.append((record.value or b"").decode(errors="surrogateescape"))
        return taken

    async def _apply(self, connection: asyncpg.Connection, _batch: Batch, taken: list[str]) -> None:
        await connection.executemany("INSERT INTO drawn (number) VALUES ($1)", [(number,) for number in taken])

    async def _make(self) -> None:
        await migrate(self.database_url, "spplus_chassis")
        await self._query("CREATE TABLE drawn (number text NOT NULL CHECK (number <> '13'))")

    async def _in_transaction(self, refusals: list[Refusal]) -> None:
        connection = await asyncpg.connect(self.database_url)
        try:
            async with connection.transaction():
                await dead_letters.bury(connection, "numbers", "spplus.numbers.dead-letters.v1", refusals)
        finally:
            await connection.close()

    async def _query(self, sql: str, *parameters: Any) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.database_url)
        try:
            return await connection.fetch(sql, *parameters)
        finally:
            await connection.close()
