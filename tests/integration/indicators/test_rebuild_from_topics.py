"""A generation read anew from the topics takes the place of the living one, whatever became of that, at once."""

import asyncio
import json
from collections import Counter

import asyncpg
import pytest
import pytest_asyncio

from spplus_chassis.migrations import migrate
from spplus_chassis.topics import create_topics
from spplus_contracts import TOPICS
from spplus_contracts.topics import FEEDBACK_SUBMITTED
from spplus_indicators import generation_repository
from spplus_indicators.app import build, system_clock
from spplus_indicators.audit import audit
from spplus_indicators.figures import event_of
from spplus_indicators.history_queries import standing
from spplus_indicators.rebuild_from_topics import rebuild_from_topics
from spplus_indicators.rebuild_repository import RebuildRefused
from spplus_indicators.settings import IndicatorsSettings
from tests.support.builders import a_feedback, a_structure, a_survey_answer, a_withdrawal, an_answer, an_envelope
from tests.support.bus import send_all
from tests.support.scoring import ANY_NUMBER
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

MOMENTS = {"computed_at", "revision", "supersedes"}
WRITTEN_BY_NO_INTAKE = {
    "figures",
    "history",
    "history_thinning",
    "leases",
    "migrations",
    "publication_hold",
    "sent_positions",
    "snapshots",
}
ROWS = 33
"""Of the ledger, after `send_some`."""
LIVING = (
    "survey_cells",
    "survey_quarters",
    "survey_totals",
    "ledger",
    "tallies",
    "structures",
    "closure",
    "undeclared",
    "progress",
    "consumer_offsets",
    "marks",
)


@pytest_asyncio.fixture
async def settings(database_url, kafka, topic_prefix):
    await migrate(database_url, "spplus_indicators")
    await create_topics(kafka, TOPICS, topic_prefix)
    return IndicatorsSettings(
        database_url=database_url,
        kafka_bootstrap_servers=kafka,
        topic_prefix=topic_prefix,
        min_sample=1,
        publish_small_seconds=0.0,
        publish_large_seconds=0.0,
        publish_root_seconds=0.0,
        _env_file=None,
    )


class Running:
    """A service that runs, and what a test asks of it."""

    def __init__(self, service, settings):
        self.settings = settings
        self.service = service
        self.sent = 0

    @property
    def pool(self):
        return self.service.pool

    async def send(self, *events):
        for event in events:
            self.sent += 1
            envelope = an_envelope(event, id=f"event-{self.sent}")
            topic = self.settings.topic_prefix + event.TYPE.removeprefix("fr.").removesuffix(".v1") + ".v1"
            await send_all(
                self.settings.kafka_bootstrap_servers,
                topic,
                [(event.key.encode(), event.to_json(), envelope.headers())],
            )

    async def refuse(self, count):
        topic = self.settings.topic_prefix + FEEDBACK_SUBMITTED.name
        await send_all(self.settings.kafka_bootstrap_servers, topic, [(b"k", b"no json", [])] * count)
        self.sent += count

    async def drained(self):
        """All that was sent is read, and nothing waits."""

        async def ask():
            read = await self.pool.fetchval("SELECT coalesce(sum(next_offset), 0) FROM consumer_offsets")
            waits = await self.pool.fetchval(
                "SELECT (SELECT count(*) FROM marks) + (SELECT count(*) FROM publication_queue)"
            )
            return read == self.sent and waits == 0

        await eventually(ask, f"{self.sent} records read and published", seconds=60)

    async def figures(self):
        """What stands under each key, byte by byte, without when and how often it was told."""
        async with self.pool.acquire() as connection, connection.transaction():
            rows = [each.revision async for each in standing(connection, system_clock(), None)]
        found = {}
        for row in rows:
            data = json.loads(event_of(row).to_json())
            found[row.key] = json.dumps({name: value for name, value in data.items() if name not in MOMENTS})
        return found

    async def revisions(self):
        rows = await self.pool.fetch(
            "SELECT structure_code, indicator_code, period_kind, period_start, revision FROM figures"
        )
        return {tuple(row)[:4]: row["revision"] for row in rows}

    async def rebuild(self, **options):
        return await rebuild_from_topics(self.pool, self.settings, thresholds=ANY_NUMBER, clock=system_clock, **options)

    async def schemas(self):
        rows = await self.pool.fetch("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'spplus%'")
        return [row[0] for row in rows]


@pytest_asyncio.fixture
async def it(settings):
    service = build(settings)
    async with service.app.router.lifespan_context(service.app):
        yield Running(service, settings)


async def send_some(it):
    await it.send(a_structure(code="root"), a_structure(code="leaf-1", parent="root"))
    await it.send(*(a_feedback(request_id=f"r-{number}", structure_code="leaf-1") for number in range(20)))
    await it.send(*(a_survey_answer(request_id=f"s-{number}", structure_code="leaf-1") for number in range(12)))
    await it.send(an_answer(request_id="r-1", structure_code="leaf-1"))
    await it.send(a_withdrawal(request_id="r-2", structure_code="leaf-1"))
    await it.send(a_feedback(request_id="u-1", structure_code="nobody-declared"))
    await it.refuse(3)
    await it.drained()


async def test_rebuild_of_what_is_right_changes_no_figure_and_no_dead_letter(it):
    await send_some(it)
    before = await it.figures(), await it.revisions()
    said = [await it.pool.fetch(f"SELECT * FROM {table} ORDER BY 1, 2") for table in LIVING[:3]]
    letters = await it.pool.fetch('SELECT * FROM dead_letters ORDER BY "offset"')
    await it.pool.execute("CREATE SCHEMA spplus_generation CREATE TABLE ledger ()")  # of a rebuild that was killed
    outcome = await it.rebuild()
    assert (outcome.records, outcome.figures, outcome.letters_refused, outcome.letters_taken) == (it.sent, 0, 0, 0)
    assert outcome.rows == outcome.rows_before == ROWS
    await it.drained()
    assert (await it.figures(), await it.revisions()) == before
    assert await it.pool.fetch('SELECT * FROM dead_letters ORDER BY "offset"') == letters
    assert await audit(it.pool, thresholds=ANY_NUMBER) == []
    assert await it.schemas() == []
    assert said == [await it.pool.fetch(f"SELECT * FROM {table} ORDER BY 1, 2") for table in LIVING[:3]]
    await it.send(a_feedback(request_id="later", structure_code="leaf-1"))
    await it.drained()
    assert await audit(it.pool, thresholds=ANY_NUMBER) == []


async def test_rebuild_of_ruined_tables_gives_the_figures_byte_by_byte(it):
    await send_some(it)
    before, revisions = await it.figures(), await it.revisions()
    await it.pool.execute("DELETE FROM ledger WHERE request_id LIKE 'r-1%'")
    await it.pool.execute("UPDATE tallies SET own = '{}', pooled = '{\"experiences\":1}'")
    await it.pool.execute("DELETE FROM closure")
    await it.pool.execute("UPDATE figures SET n = n + 1, revision = revision + 1, computed_at = now()")
    await it.pool.execute(
        "INSERT INTO history SELECT *, NULL FROM figures"  # as if it had been published
    )
    assert await it.figures() != before
    outcome = await it.rebuild()
    assert outcome.figures == len(before)
    await it.drained()
    assert await it.figures() == before
    assert all(revision == revisions[key] + 2 for key, revision in (await it.revisions()).items())
    assert await audit(it.pool, thresholds=ANY_NUMBER) == []


async def test_dry_run_says_what_would_change_and_leaves_nothing(it):
    await send_some(it)
    await it.pool.execute("UPDATE figures SET n = n + 1 WHERE indicator_code = 'experience_count'")
    await it.pool.execute('DELETE FROM dead_letters WHERE "offset" = (SELECT min("offset") FROM dead_letters)')
    before = {table: await it.pool.fetch(f"SELECT * FROM {table}") for table in LIVING}
    outcome = await it.rebuild(dry_run=True)
    assert outcome.figures == await it.pool.fetchval(
        "SELECT count(*) FROM figures WHERE indicator_code = 'experience_count'"
    )
    assert outcome.letters_refused == 1
    after = {table: await it.pool.fetch(f"SELECT * FROM {table}") for table in LIVING if table != "progress"}
    assert after == {table: before[table] for table in after}
    assert await it.schemas() == []


async def test_rebuild_under_live_traffic_ends_without_a_difference(it):
    await send_some(it)
    stop = asyncio.Event()

    async def traffic():
        number = 0
        while not stop.is_set():
            number += 1
            await it.send(
                a_feedback(request_id=f"live-{number}", structure_code="leaf-1"),
                an_answer(request_id=f"live-{number - 1}", structure_code="leaf-1"),
            )
        return number

    async def rebuild_twice():
        try:
            return [await it.rebuild(), await it.rebuild()]
        finally:
            stop.set()

    outcomes, rounds = await asyncio.gather(rebuild_twice(), traffic())
    assert rounds > 1
    await it.drained()
    assert await audit(it.pool, thresholds=ANY_NUMBER) == []
    assert await it.pool.fetchval("SELECT count(*) FROM ledger") == ROWS + rounds + 1  # an answer came before the first
    assert outcomes[1].rows >= outcomes[0].rows
    kinds = Counter(row[0] for row in await it.pool.fetch("SELECT reason FROM dead_letters"))
    assert sum(kinds.values()) == 3


async def test_dead_letter_that_is_taken_on_rereading_waits_no_more(it):
    await send_some(it)
    row = await it.pool.fetchrow("SELECT topic, partition, next_offset FROM consumer_offsets WHERE next_offset > 3")
    await it.pool.execute(
        'INSERT INTO dead_letters (consumer, topic, partition, "offset", reason, detail, headers, recorded_at) '
        "VALUES ('indicators', $1, $2, $3, 'invalid_data', '', '[]', now())",
        row["topic"],
        row["partition"],
        await _offset_without_letter(it, row["topic"], row["partition"]),
    )
    outcome = await it.rebuild()
    assert outcome.letters_taken == 1
    assert await it.pool.fetchval("SELECT count(*) FROM dead_letters WHERE resolution = 'replayed'") == 1


async def _offset_without_letter(it, topic, partition):
    taken = await it.pool.fetch(
        'SELECT "offset" FROM dead_letters WHERE topic = $1 AND partition = $2', topic, partition
    )
    return next(offset for offset in range(100) if offset not in {each[0] for each in taken})


async def test_rebuild_gives_up_while_somebody_holds_the_tables_and_changes_nothing(it, monkeypatch):
    monkeypatch.setattr("spplus_indicators.rebuild_from_topics._ATTEMPTS", 2)
    monkeypatch.setattr("spplus_indicators.rebuild_from_topics._LOCK_SECONDS", 1)
    monkeypatch.setattr("spplus_indicators.rebuild_from_topics._PAUSE_SECONDS", 0)
    await send_some(it)
    reader = await asyncpg.connect(it.settings.database_url)
    transaction = reader.transaction()
    await transaction.start()
    await reader.fetchval("SELECT count(*) FROM ledger")
    with pytest.raises(RebuildRefused):
        await it.rebuild()
    await transaction.rollback()
    await reader.close()
    assert await it.schemas() == []
    await it.send(a_feedback(request_id="later", structure_code="leaf-1"))
    await it.drained()
    assert await audit(it.pool, thresholds=ANY_NUMBER) == []


async def test_every_table_is_either_made_anew_or_written_by_no_intake(database_url):
    """A new table belongs into one of the lists: what intake writes and a generation lacks is the living one."""
    await migrate(database_url, "spplus_indicators")
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    await connection.close()
    assert {row[0] for row in rows} == {
        *generation_repository._MOVED,
        generation_repository._OFFSETS,
        *generation_repository._APART,
        *WRITTEN_BY_NO_INTAKE,
    }
