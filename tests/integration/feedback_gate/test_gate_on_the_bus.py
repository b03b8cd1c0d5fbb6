"""Inbound topics on a real broker: what may be said reaches the canonical topics, the rest is buried once."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime

import asyncpg
import pytest
import pytest_asyncio

from spplus_chassis.migrations import migrate
from spplus_chassis.service import Service
from spplus_chassis.settings import ServiceSettings
from spplus_chassis.topics import create_topics
from spplus_contracts import Envelope, Event, structured
from spplus_contracts.topics import (
    FEEDBACK_SUBMITTED,
    FEEDBACK_WITHDRAWN,
    REQUEST_ANSWERED,
    STRUCTURE_DECLARED,
    dead_letters,
    inbound,
)
from spplus_feedback.gate import gate_subscription
from spplus_feedback.gate_rules import Source
from spplus_feedback.source_counts import counts_of
from spplus_feedback.sources import remove_source, save_source
from spplus_feedback.structures_repository import declare_structures
from tests.support.builders import a_bulk, a_feedback, a_structure, a_withdrawal, an_answer
from tests.support.bus import read_count, send_all
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

TOLD_AT = datetime(2024, 3, 5, 9, tzinfo=UTC)
AGENCY = Source(
    code="agency",
    name="Une agence",
    feedback_kinds=frozenset({"survey", "experience"}),
    single_kinds=frozenset({"letter", "experience"}),
    bulk_kinds=frozenset({"call"}),
    structure_codes=frozenset({"MINE"}),
)
TOPICS = (FEEDBACK_SUBMITTED, REQUEST_ANSWERED, FEEDBACK_WITHDRAWN, STRUCTURE_DECLARED, dead_letters("feedback"))

Headers = list[tuple[str, bytes | None]]
Sent = tuple[bytes | None, bytes | None, Headers]


def told(event: Event, event_id: str, source: str = "agency") -> Sent:
    envelope = Envelope(id=event_id, source=source, type=event.TYPE, time=TOLD_AT)
    return event.key.encode(), event.to_json(), list(envelope.headers())


class Platform:
    """The gate of a feedback service on real parts, with one registered agency."""

    def __init__(self, url: str, kafka: str, prefix: str) -> None:
        self.url, self.kafka, self.prefix = url, kafka, prefix
        self.settings = ServiceSettings(
            database_url=url,
            http_port=1,
            kafka_bootstrap_servers=kafka,
            topic_prefix=prefix,
            _env_file=None,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Service]:
        service = Service("feedback", self.settings, package="spplus_feedback")
        service.subscribe(gate_subscription(service.relay.wake))
        async with service.app.router.lifespan_context(service.app):
            yield service

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(self.url)
        try:
            yield connection
        finally:
            await connection.close()

    async def prepare(self) -> None:
        await migrate(self.url, "spplus_feedback")
        async with self.connection() as connection:
            tree = [a_structure(code="ROOT"), a_structure(code="MINE", parent="ROOT")]
            tree += [a_structure(code="DESK", parent="MINE"), a_structure(code="OTHER", parent="ROOT")]
            async with connection.transaction():
                await declare_structures(connection, tree, now=TOLD_AT)
            await save_source(connection, AGENCY)
        await create_topics(self.kafka, [*TOPICS, inbound("agency")], self.prefix)

    async def send(self, *records: Sent, source: str = "agency") -> None:
        await send_all(self.kafka, self.prefix + inbound(source).name, records)

    async def reasons(self) -> list[str]:
        async with self.connection() as connection:
            rows = await connection.fetch('SELECT reason FROM dead_letters ORDER BY topic, partition, "offset"')
        return sorted(row["reason"] for row in rows)

    async def wait_for_reasons(self, *expected: str) -> None:
        async def same() -> bool:
            return await self.reasons() == sorted(expected)

        await eventually(same, f"dead letters {sorted(expected)}")

    async def ids_on(self, topic: str, count: int) -> list[str]:
        records = await read_count(self.kafka, self.prefix + topic, count)
        return sorted(dict(record.headers)["ce_id"].decode() for record in records)


@pytest_asyncio.fixture
async def platform(database_url: str, kafka: str, topic_prefix: str) -> Platform:
    platform = Platform(database_url, kafka, topic_prefix)
    await platform.prepare()
    return platform


def a_survey(**changes: object) -> Event:
    fields: dict[str, object] = {"kind": "survey", "structure_code": "DESK", "submitted_at": TOLD_AT}
    return a_feedback(**fields | {"answer_due_at": None, "announced_at": None, "due_kind": None} | changes)


def a_letter(**changes: object) -> Event:
    fields: dict[str, object] = {"request_kind": "letter", "structure_code": "MINE"}
    return an_answer("answered", **fields | {"received_at": TOLD_AT, "answered_at": TOLD_AT} | changes)


async def test_gate_passes_the_trace_of_a_source_on(platform: Platform) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    key, value, headers = told(a_survey(), "s1")
    await platform.send((key, value, [*headers, ("traceparent", trace.encode())]))
    async with platform.running():
        [record] = await read_count(platform.kafka, platform.prefix + FEEDBACK_SUBMITTED.name, 1)
    assert dict(record.headers)["traceparent"] == trace.encode()


async def test_gate_forwards_what_the_register_grants(platform: Platform) -> None:
    await platform.send(
        told(a_survey(), "s1"),
        told(a_letter(), "a1"),
        told(a_bulk(structure_code="DESK", month="2024-02"), "b1"),
        told(a_withdrawal(structure_code="DESK", withdrawn_at=TOLD_AT), "w1"),
    )
    async with platform.running():
        assert await platform.ids_on(FEEDBACK_SUBMITTED.name, 1) == ["s1"]
        assert await platform.ids_on(REQUEST_ANSWERED.name, 2) == ["a1", "b1"]
        assert await platform.ids_on(FEEDBACK_WITHDRAWN.name, 1) == ["w1"]
    assert await platform.reasons() == []


async def test_gate_builds_the_event_anew_and_keeps_its_identity(platform: Platform) -> None:
    key, value, headers = told(a_survey(), "s1")
    assert value is not None
    await platform.send((b"another key", value[:-1] + b',"citizen":"Jean Dupont"}', [*headers, ("x-note", b"Jean")]))
    async with platform.running():
        [record] = await read_count(platform.kafka, platform.prefix + FEEDBACK_SUBMITTED.name, 1)
    assert record.key == key
    assert record.value == value
    names = dict(record.headers)
    assert (names["ce_id"], names["ce_source"], names["ce_time"]) == (b"s1", b"agency", b"2024-03-05T09:00:00Z")
    assert "x-note" not in names


async def test_gate_takes_structured_mode(platform: Platform) -> None:
    event = a_survey()
    envelope = Envelope(id="s1", source="agency", type=event.TYPE, time=TOLD_AT)
    headers: Headers = [("content-type", b"application/cloudevents+json; charset=utf-8")]
    await platform.send((None, structured(envelope, event.to_json()), headers))
    async with platform.running():
        assert await platform.ids_on(FEEDBACK_SUBMITTED.name, 1) == ["s1"]


async def test_gate_buries_each_bad_record_once_and_goes_on(platform: Platform) -> None:
    key, value, headers = told(a_survey(), "x")
    story = str(uuid.uuid4())
    bad: dict[str, Sent] = {
        "tombstone": (key, None, headers),
        "null_header": (key, value, [*headers[1:], ("ce_specversion", None)]),
        "bad_header": (key, value, [*headers[1:], ("ce_specversion", b"\xff\xfe")]),
        "missing_attribute": (key, value, []),
        "bad_json": (key, b"{", headers),
        "invalid_data": (key, b"{}", headers),
        "unknown_type": (key, value, [*headers, ("ce_type", b"fr.spplus.feedback.shouted.v1")]),
        "type_not_granted": told(a_structure(code="MINE"), "x"),
        "source_mismatch": told(a_survey(), "x", source="spplus"),
        "kind_not_granted": told(a_survey(kind="procedure_rating"), "x"),
        "form_not_granted": told(a_bulk(request_kind="letter", structure_code="MINE", month="2024-02"), "x"),
        "unknown_structure": told(a_survey(structure_code="NOWHERE"), "x"),
        "outside_part": told(a_survey(structure_code="OTHER"), "x"),
        "foreign_request": told(a_survey(request_source="spplus"), "x"),
        "unknown_request": told(a_letter(request_source="spplus", request_id=story), "x"),
        "in_the_future": told(a_survey(submitted_at=datetime(2099, 1, 1, tzinfo=UTC)), "x"),
    }
    async with platform.running():
        await platform.send(*bad.values(), told(a_survey(), "good"))
        assert await platform.ids_on(FEEDBACK_SUBMITTED.name, 1) == ["good"]
        await platform.wait_for_reasons(*bad)
        copies = await read_count(platform.kafka, platform.prefix + dead_letters("feedback").name, len(bad))
    told_reasons = sorted(dict(copy.headers)["spplus-reason"].decode() for copy in copies)
    assert told_reasons == sorted(bad)
    async with platform.connection() as connection:
        counted = await counts_of(connection, ["agency"], since=date(2020, 1, 1))
    assert {(each.verdict, each.events, each.lately) for each in counted if each.door == "bus"} == {
        (verdict, 1, 1) for verdict in (*bad, "accepted")
    }


async def test_gate_same_record_twice_is_forwarded_harmlessly(platform: Platform) -> None:
    await platform.send(told(a_survey(), "s1"), told(a_survey(), "s1"))
    async with platform.running():
        records = await read_count(platform.kafka, platform.prefix + FEEDBACK_SUBMITTED.name, 2)
    first, second = records
    assert (first.key, first.value, first.headers) == (second.key, second.value, second.headers)


async def test_gate_restarted_forwards_nothing_again(platform: Platform) -> None:
    await platform.send(told(a_survey(), "s1"))
    async with platform.running():
        await platform.ids_on(FEEDBACK_SUBMITTED.name, 1)
    await platform.send(told(a_survey(), "s2"))
    async with platform.running():
        assert await platform.ids_on(FEEDBACK_SUBMITTED.name, 2) == ["s1", "s2"]


async def test_gate_follows_the_register_with_the_next_batch(platform: Platform) -> None:
    async with platform.running():
        await platform.send(told(a_survey(), "s1"))
        await platform.ids_on(FEEDBACK_SUBMITTED.name, 1)
        async with platform.connection() as connection:
            assert await remove_source(connection, "agency")
        await platform.send(told(a_survey(), "s2"))
        await platform.wait_for_reasons("inactive_source")
        async with platform.connection() as connection:
            await save_source(connection, AGENCY)
        await platform.send(told(a_survey(), "s3"))
        assert await platform.ids_on(FEEDBACK_SUBMITTED.name, 2) == ["s1", "s3"]


async def test_gate_follows_the_tree_with_the_next_batch(platform: Platform) -> None:
    async with platform.running():
        await platform.send(told(a_survey(structure_code="NEW"), "s1"))
        await platform.wait_for_reasons("unknown_structure")
        async with platform.connection() as connection, connection.transaction():
            await declare_structures(connection, [a_structure(code="NEW", parent="DESK")], now=TOLD_AT)
        await platform.send(told(a_survey(structure_code="NEW"), "s2"))
        assert await platform.ids_on(FEEDBACK_SUBMITTED.name, 1) == ["s2"]


async def test_gate_answer_to_a_story_needs_the_story_in_the_part(platform: Platform) -> None:
    mine, other = str(uuid.uuid4()), str(uuid.uuid4())
    async with platform.connection() as connection:
        await _insert_story(connection, mine, "DESK")
        await _insert_story(connection, other, "OTHER")
    about = {"request_source": "spplus", "request_kind": "experience"}
    async with platform.running():
        await platform.send(
            told(a_letter(request_id=other, **about), "a1"), told(a_letter(request_id=mine, **about), "a2")
        )
        assert await platform.ids_on(REQUEST_ANSWERED.name, 1) == ["a2"]
        await platform.wait_for_reasons("outside_part")


async def test_gate_picks_up_topics_made_later(platform: Platform) -> None:
    async with platform.running() as service:
        await platform.send(told(a_survey(), "s1"))
        await platform.ids_on(FEEDBACK_SUBMITTED.name, 1)
        async with platform.connection() as connection:
            late = Source("late", feedback_kinds=frozenset({"survey"}), structure_codes=frozenset({"OTHER"}))
            await save_source(connection, late)
        await create_topics(platform.kafka, [inbound("late"), inbound("nobody")], platform.prefix)
        await platform.send(told(a_survey(structure_code="OTHER"), "s2", source="late"), source="late")
        await platform.send(told(a_survey(), "s3", source="nobody"), source="nobody")
        assert await platform.ids_on(FEEDBACK_SUBMITTED.name, 2) == ["s1", "s2"]
        await platform.wait_for_reasons("unknown_source")
        assert service.consuming


async def test_gate_restarted_finds_topics_made_while_it_was_away(platform: Platform) -> None:
    await platform.send(told(a_survey(), "s1"))
    async with platform.running():
        await platform.ids_on(FEEDBACK_SUBMITTED.name, 1)
    async with platform.connection() as connection:
        late = Source("late", feedback_kinds=frozenset({"survey"}), structure_codes=frozenset({"OTHER"}))
        await save_source(connection, late)
    await create_topics(platform.kafka, [inbound("late")], platform.prefix)
    await platform.send(told(a_survey(structure_code="OTHER"), "s2", source="late"), source="late")
    await platform.send(told(a_survey(), "s3"))
    async with platform.running():
        assert await platform.ids_on(FEEDBACK_SUBMITTED.name, 3) == ["s1", "s2", "s3"]


async def _insert_story(connection: asyncpg.Connection, request_id: str, code: str) -> None:
    story = uuid.uuid4()
    await connection.execute(
        "INSERT INTO feedbacks (feedback_id, author, proposal, submitted_at, accepted_at) "
        "VALUES ($1, 'citizen', false, $2, $2)",
        story,
        TOLD_AT,
    )
    await connection.execute(
        "INSERT INTO requests (request_id, feedback_id, position, structure_code, channels, engagements, "
        "submitted_at, answer_expected, status, holder_code) "
        "VALUES ($1, $2, 0, $3, '{}', '{}', $4, true, 'waiting', $3)",
        uuid.UUID(request_id),
        story,
        code,
        TOLD_AT,
    )
