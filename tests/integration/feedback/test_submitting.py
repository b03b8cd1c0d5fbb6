"""A story that was accepted is in the database and on the bus; one that was refused is in neither."""

import asyncio
import uuid
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from spplus_chassis.database import open_pool
from spplus_chassis.problem import install_problems
from spplus_contracts import FeedbackSubmitted, unwrap
from spplus_contracts.topics import FEEDBACK_SUBMITTED
from spplus_feedback import api, codes, pages
from spplus_feedback.intake import Intake
from spplus_feedback.settings import FeedbackSettings
from spplus_feedback.stories import Accepted, Address, Submission
from spplus_feedback.submitting import submit_feedbacks
from spplus_feedback.telling import Told
from tests.support.bus import read_count
from tests.support.intake import a_story, opened, prepare, request_ids

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


async def test_story_about_three_structures_becomes_three_events_of_one_feedback(door):
    told = await door.tell(structure_codes=["guichet", "mairie", "racine"], engagements=["sp-plus-2021/5"])

    records = await door.heard(FEEDBACK_SUBMITTED, 3, request_ids(told))
    events = [FeedbackSubmitted.read_json(unwrap(record.headers, record.value)[1]) for record in records]
    assert {event.feedback_id for event in events} == {told["feedback_id"]}
    assert {event.request_id for event in events} == set(request_ids(told))
    assert {record.key.decode() for record in records} == {"guichet", "mairie", "racine"}
    due = {event.structure_code: event.answer_due_at for event in events}
    assert due["guichet"] is None
    assert due["mairie"] is not None
    assert due["mairie"] == datetime.fromisoformat(told["requests"][1]["answer_due_at"])


async def test_event_bears_the_trace_of_the_request_that_told_it(door):
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    told = (await door.http.post("/v1/feedback", json=a_story(), headers={"traceparent": trace})).json()

    (record,) = await door.heard(FEEDBACK_SUBMITTED, 1, request_ids(told))
    assert dict(record.headers)["traceparent"] == trace.encode()


async def test_event_carries_no_word_of_the_citizen_and_no_code(door):
    told = await door.tell(title="Titre secret", story="Récit secret", suggestion="Idée secrète")

    (record,) = await door.heard(FEEDBACK_SUBMITTED, 1, request_ids(told))
    whole = record.value + b"".join(value or b"" for _, value in record.headers)
    for secret in ("secret", told["code"], told["code"].replace("-", "")):
        assert secret.encode() not in whole


async def test_database_does_not_hold_the_code(door):
    told = await door.tell()
    code = codes.read(told["code"])

    (row,) = await door.fetch("SELECT code_hash FROM feedbacks WHERE feedback_id = $1::uuid", told["feedback_id"])
    assert row["code_hash"] == codes.fingerprint(code)
    assert row["code_hash"] != code


async def test_parallel_stories_are_all_committed_and_sent_once(door):
    tellings = [door.tell(story=f"Récit {number}") for number in range(200)]
    told = await asyncio.gather(*tellings)

    ids = {request_ids(one)[0] for one in told}
    assert len(ids) == 200
    assert len({one["code"] for one in told}) == 200
    records = await door.heard(FEEDBACK_SUBMITTED, 200, ids)
    events = [FeedbackSubmitted.read_json(record.value) for record in records]
    assert {event.request_id for event in events} == ids
    (stored,) = await door.fetch("SELECT count(*) FROM requests WHERE request_id = ANY ($1::uuid[])", list(ids))
    assert stored["count"] == 200


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"structure_codes": ["guichet", "nulle-part"]}, "structure_codes.1"),
        ({"structure_codes": []}, "structure_codes"),
        ({"structure_codes": ["guichet", "guichet"]}, "structure_codes"),
        ({"structure_codes": ["a", "b", "c", "d"]}, "structure_codes"),
        ({"sentiment": "furious"}, "sentiment"),
        ({"dimensions": {"beauty": "positive"}}, "dimensions.beauty"),
        ({"email": "moi@exemple.fr"}, "email"),
        ({"department": "00"}, "department"),
        ({"story": "x" * 10_001}, "story"),
        ({"story": "un\x00deux"}, "story"),
        ({"submitted_at": "2014-12-31T00:00:00Z"}, "submitted_at"),
        ({"submitted_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}, "submitted_at"),
        ({"submitted_at": "2026-01-01T00:00:00"}, "submitted_at"),
    ],
)
async def test_fault_is_named_and_nothing_is_stored(door, changes, field):
    before = await door.fetch("SELECT count(*) FROM feedbacks")
    answer = await door.http.post("/v1/feedback", json=a_story(**changes))

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert await door.fetch("SELECT count(*) FROM feedbacks") == before


async def test_story_that_says_nothing_is_refused(door):
    body = {"structure_codes": ["guichet"], "story": "   "}
    answer = await door.http.post("/v1/feedback", json=body)
    assert answer.status_code == 422


async def test_long_body_is_refused_unread(door):
    answer = await door.http.post("/v1/feedback", json=a_story(story="x" * 70_000))
    assert answer.status_code == 413

    async def parts():
        for _ in range(80):
            yield b" " * 1_000

    answer = await door.http.post("/v1/feedback", content=parts(), headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


async def test_story_committed_before_a_crash_is_sent_after_the_restart(kafka, make_database, topic_prefix):
    """The process dies after its commit: nothing but the database knows of the story."""
    dsn = make_database()
    await prepare(dsn, kafka, topic_prefix)
    now = datetime.now(UTC)
    request_id = str(uuid.uuid4())
    submission = Submission(str(uuid.uuid4()), (Address(request_id, "guichet"),), now, now)
    connection = await asyncpg.connect(dsn)
    async with connection.transaction():
        (outcome,) = await submit_feedbacks(connection, [submission], default_days=0)
        (again,) = await submit_feedbacks(connection, [submission], default_days=0)
    await connection.close()
    assert isinstance(outcome, Accepted)
    assert (outcome.fresh, again.fresh) == (True, False)

    settings = FeedbackSettings(
        database_url=dsn, kafka_bootstrap_servers=kafka, topic_prefix=topic_prefix, _env_file=None
    )
    async with opened(settings):
        records = await read_count(kafka, topic_prefix + FEEDBACK_SUBMITTED.name, 1)
    assert [FeedbackSubmitted.read_json(record.value).request_id for record in records] == [request_id]


@asynccontextmanager
async def doors_without_service(pool, **options):
    """The HTTP doors in front of a queue, and nothing behind them that a test does not give."""
    intake = Intake(lambda: pool, wake=lambda: None, default_days=0, **options)
    told = Told(datetime.now(UTC), bytes(codes.CODE_BYTES), lambda: str(uuid.uuid4()))
    app = FastAPI()
    install_problems(app)
    app.include_router(api.router(lambda: pool, intake, lambda: told))
    app.include_router(pages.router(lambda: pool, intake, lambda: told))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://door") as http:
        yield intake, http


async def test_database_away_gives_503_and_says_when_to_try_again():
    pool = await open_pool("postgresql://nobody@127.0.0.1:1/nowhere", 2)
    async with doors_without_service(pool, capacity=10, group=10) as (intake, http):
        running = asyncio.create_task(intake.run())
        answer = await http.post("/v1/feedback", json=a_story())
        form = {"structure": "guichet", "sentiment": "positive", "story": "Bien", "nonce": str(uuid.uuid4())}
        page = await http.post("/partager", data=form)
        running.cancel()
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert page.status_code == 503
    assert "momentanément indisponible" in page.text


async def test_full_queue_gives_503_and_says_when_to_try_again():
    pool = await open_pool("postgresql://nobody@127.0.0.1:1/nowhere", 2)
    async with doors_without_service(pool, capacity=1, group=10) as (_, http):
        waiting = asyncio.create_task(http.post("/v1/feedback", json=a_story()))
        await asyncio.sleep(0.2)  # the first one never ends: its place in the queue is all that matters
        answer = await http.post("/v1/feedback", json=a_story())
        waiting.cancel()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
