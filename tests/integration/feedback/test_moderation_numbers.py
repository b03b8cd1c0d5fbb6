"""The numbers of moderation tell every story with words once, whatever became of it."""

import uuid

import pytest
import pytest_asyncio

from spplus_chassis.database import open_pool
from spplus_chassis.migrations import migrate
from spplus_feedback.app import PACKAGE
from spplus_feedback.experiences.bodies import numbers_body
from spplus_feedback.experiences.numbers import numbers_of
from spplus_feedback.experiences.queries import moderation_counts

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

STORY = """
INSERT INTO feedbacks (feedback_id, author, proposal, story, submitted_at, accepted_at, moderation)
VALUES ($1, 'citizen', false, 'x', $2::text::timestamptz, now(), 'pending')
"""
REQUEST = """
INSERT INTO requests (
    request_id, feedback_id, position, structure_code, channels, sentiment, engagements, submitted_at,
    answer_expected, status, holder_code
) VALUES (gen_random_uuid(), $1, $2, 's', '{}', $3, '{}', now(), false, 'waiting', 's')
"""
PUBLISHED = "moderation = 'published', moderated_at = now(), public_story = story"


@pytest_asyncio.fixture
async def connection(make_database):
    dsn = make_database()
    await migrate(dsn, PACKAGE)
    pool = await open_pool(dsn, 1)
    async with pool.acquire() as connection:
        yield connection
    await pool.close()


async def a_story(connection, became="", *, at="2026-03-31T22:30:00Z", sentiment="negative"):
    feedback_id = uuid.uuid4()
    await connection.execute(STORY, feedback_id, at)
    for position in range(2):
        await connection.execute(REQUEST, feedback_id, position, sentiment)
    if became:
        await connection.execute(f"UPDATE feedbacks SET {became} WHERE feedback_id = $1", feedback_id)


async def test_every_story_with_words_is_counted_once_by_its_fate(connection):
    await a_story(connection)
    await a_story(connection, PUBLISHED, sentiment="positive")
    await a_story(connection, f"{PUBLISHED}, accepted_at = now() + interval '1 hour'", at="2026-03-31T21:30:00Z")
    await a_story(connection, "held_at = now()", sentiment=None)
    gone = "withdrawn_at = now(), story = NULL"
    await a_story(connection, f"moderation = 'rejected', rejected_for = 'abusive', {gone}")
    await a_story(connection, f"moderation = 'rejected', {gone}", sentiment="positive")
    await a_story(connection, gone)
    await a_story(connection, "moderation = 'wordless', story = NULL")

    told = numbers_body(numbers_of(await moderation_counts(connection)))
    total = told.total
    assert (total.submitted, total.published, total.published_elsewhere, total.pending) == (7, 1, 1, 1)
    assert (total.held, total.rejected, total.withdrawn) == (1, 2, 1)
    assert total.submitted_by_sentiment == {"positive": 2, "neutral": 0, "negative": 4, "none": 1}
    assert total.rejected_by_sentiment == {"positive": 1, "neutral": 0, "negative": 1, "none": 0}
    assert total.rejected_by_reason == {"abusive": 1, "other": 1}
    assert [(month.month, month.submitted) for month in told.months] == [("2026-04", 6), ("2026-03", 1)]
