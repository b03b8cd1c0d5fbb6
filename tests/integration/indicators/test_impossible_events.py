"""What cannot have happened goes to the dead letters with the field's name, counts nowhere and stops nothing."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import pytest
import pytest_asyncio

from spplus_chassis import dead_letters_queries, dead_letters_replay
from spplus_chassis.dead_letters_queries import Choice, Letter, LetterKey
from spplus_chassis.dead_letters_replay import End, Outcome
from spplus_chassis.migrations import migrate
from spplus_chassis.records import Refused
from spplus_chassis.service import Service
from spplus_chassis.topics import create_topics
from spplus_contracts import TOPICS, topic_of
from spplus_indicators import subscribers
from spplus_indicators.app import build
from spplus_indicators.audit import audit
from spplus_indicators.settings import IndicatorsSettings
from tests.support.builders import a_feedback, a_structure, an_envelope
from tests.support.bus import send_all
from tests.support.poison import Impossible, impossible
from tests.support.scoring import ANY_NUMBER
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


class Bench:
    """A running service of scoring, what it is told and what it refused."""

    def __init__(self, service: Service, kafka: str, prefix: str) -> None:
        self.service, self._kafka, self._prefix = service, kafka, prefix
        self._number = 0

    async def tell(self, *events, **envelope) -> None:
        for event in events:
            self._number += 1
            headers = an_envelope(event, **{"id": f"event-{self._number}"} | envelope).headers()
            topic = self._prefix + topic_of(event.TYPE).name
            await send_all(self._kafka, topic, [(event.key.encode(), event.to_json(), headers)])

    async def tell_impossible(self, bad: Impossible, event_id: str) -> None:
        topic, key, value, headers = bad.record(event_id)
        await send_all(self._kafka, self._prefix + topic, [(key, value, headers)])

    async def letters(self, count: int) -> dict[str, Letter]:
        """The dead letters by the id of their events, once there are so many."""
        found: list[Letter] = []

        async def buried() -> bool:
            async with self.service.pool.acquire() as connection:
                found[:] = await dead_letters_queries.letters(connection, Choice(resolved_too=True), 1000)
            return len(found) >= count

        await eventually(buried, f"{count} dead letters")
        return {dict(letter.record.headers)["ce_id"].decode(): letter for letter in found}

    async def replay(self, key: LetterKey, *, dry_run: bool = False) -> Outcome:
        (delivery,) = self.service.deliveries
        async with self.service.pool.acquire() as connection:
            return await dead_letters_replay.replay(connection, delivery.subscription, key, dry_run=dry_run)

    async def requests(self) -> set[str]:
        return {row[0] for row in await self.service.pool.fetch("SELECT request_id FROM ledger")}

    async def counted(self, count: int) -> None:
        async def is_counted() -> bool:
            return count == await self.service.pool.fetchval(
                "SELECT n FROM figures WHERE indicator_code = 'experience_count' AND period_kind = 'year'"
            )

        await eventually(is_counted, f"{count} experiences counted", seconds=60)


@pytest_asyncio.fixture
async def bench(database_url, kafka, topic_prefix) -> AsyncIterator[Bench]:
    await migrate(database_url, "spplus_indicators")
    await create_topics(kafka, TOPICS, topic_prefix)
    settings = IndicatorsSettings(
        database_url=database_url,
        kafka_bootstrap_servers=kafka,
        topic_prefix=topic_prefix,
        min_sample=1,
        publish_small_seconds=0.0,
        publish_root_seconds=0.0,
        _env_file=None,
    )
    service = build(settings)
    async with service.app.router.lifespan_context(service.app):
        yield Bench(service, kafka, topic_prefix)


async def test_each_impossible_event_is_refused_by_its_field_and_its_neighbours_count(bench):
    table = {f"bad-{number}": bad for number, bad in enumerate(impossible(datetime.now(UTC)))}
    await bench.tell(a_structure())
    for event_id, bad in table.items():
        await bench.tell_impossible(bad, event_id)
        await bench.tell(a_feedback(request_id=f"sound-{event_id}"))
    await bench.counted(len(table))
    letters = await bench.letters(len(table))
    assert letters.keys() == table.keys()
    for event_id, bad in table.items():
        assert letters[event_id].reason == bad.reason
        assert f"{bad.field}: " in letters[event_id].detail
    assert await bench.requests() == {f"sound-{event_id}" for event_id in table}


async def test_a_value_of_a_later_version_is_kept_counted_nowhere_and_not_refused(bench):
    odd = Impossible("", "kind", a_feedback(request_id="odd"), {"kind": "shouted"}, {})
    await bench.tell(a_structure())
    await bench.tell_impossible(odd, "odd")
    await bench.tell(a_feedback(request_id="sound"))
    await bench.counted(1)
    assert await bench.requests() == {"odd", "sound"}
    assert await bench.letters(0) == {}


async def test_what_a_mistake_of_ours_refused_is_counted_once_after_its_repair(bench, monkeypatch):
    sound = subscribers._read

    def mistaken(record, envelope, event):
        if envelope.id == "victim":
            raise Refused("invalid_data", "structure_code: is not liked")
        return sound(record, envelope, event)

    monkeypatch.setattr(subscribers, "_read", mistaken)
    await bench.tell(a_structure(), a_feedback(request_id="first"))
    await bench.tell(a_feedback(request_id="second"), id="victim")
    victim = (await bench.letters(1))["victim"]
    await bench.counted(1)
    assert (await bench.replay(victim.key)).end is End.REFUSED
    monkeypatch.undo()
    assert (await bench.replay(victim.key, dry_run=True)).end is End.TAKEN
    assert await bench.requests() == {"first"}
    assert [(await bench.replay(victim.key)).end for _ in range(3)] == [End.TAKEN, End.DONE_BEFORE, End.DONE_BEFORE]
    await bench.counted(2)
    await bench.tell(a_feedback(request_id="second"), id="victim")
    await bench.tell(a_feedback(request_id="third"))
    await bench.counted(3)
    assert await audit(bench.service.pool, thresholds=ANY_NUMBER) == []


async def test_a_circle_in_the_tree_is_refused_until_it_is_open_and_then_taken(bench):
    await bench.tell(a_structure(code="A"), a_structure(code="B", parent="A"))
    later = [{"parent_code": "B", "valid_from": date(2020, 1, 1)}]
    await bench.tell(a_structure(code="A", parents=later, version=2), id="circle")
    await bench.tell(a_feedback(structure_code="B"))
    letter = (await bench.letters(1))["circle"]
    assert letter.reason == "cycle"
    again = await bench.replay(letter.key)
    assert (again.end, again.refusal.reason) == (End.REFUSED, "cycle")
    await bench.tell(a_structure(code="B", version=2))

    async def is_open() -> bool:
        return (await bench.replay(letter.key, dry_run=True)).end is End.TAKEN

    await eventually(is_open, "the circle to be open")
    assert [(await bench.replay(letter.key)).end for _ in range(2)] == [End.TAKEN, End.DONE_BEFORE]
    towards = await bench.service.pool.fetch("SELECT ancestor, descendant FROM closure ORDER BY 1, 2")
    assert [tuple(row) for row in towards] == [("A", "A"), ("B", "A"), ("B", "B")]
    assert await audit(bench.service.pool, thresholds=ANY_NUMBER) == []
