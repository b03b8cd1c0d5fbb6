"""Moderators at work in tests: acts on a story, each in a transaction, and what the database holds then."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg

from spplus_chassis.outbox import new_id
from spplus_contracts.vocabulary import Sentiment
from spplus_feedback.moderation.spans import Field, Kind, Place
from spplus_feedback.stories import Address, Hold, Opinion, Submission, Texts
from spplus_feedback.submitting import submit_feedbacks

ACTOR = "account:7"


def now():
    return datetime.now(UTC)


@asynccontextmanager
async def connected(door):
    connection = await asyncpg.connect(door.dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def act(door, handler, feedback_id, **how):
    """One act of a moderator."""
    async with connected(door) as connection, connection.transaction():
        return await handler(connection, feedback_id, **{"actor": ACTOR, "now": now()} | how)


def place_of(text, words, kind=Kind.NAME, field=Field.STORY):
    start = text.index(words)
    return Place(field, start, start + len(words), kind)


async def story_row(door, feedback_id):
    (row,) = await door.fetch("SELECT * FROM feedbacks WHERE feedback_id = $1::uuid", feedback_id)
    return row


async def acts_of(door, feedback_id):
    rows = await door.fetch(
        "SELECT actor, action, detail FROM acts WHERE feedback_id = $1::uuid ORDER BY act_id", feedback_id
    )
    return [tuple(row) for row in rows]


async def a_held_story(door, **changes):
    """A story about one structure, kept back as a probable abuse."""
    story = Submission(
        **{
            "feedback_id": new_id(),
            "addresses": (Address(new_id(), "guichet"),),
            "submitted_at": now(),
            "accepted_at": now(),
            "opinion": Opinion(sentiment=Sentiment.NEGATIVE),
            "texts": Texts(story="Toujours la même phrase."),
            "held_for": Hold.SAME_TEXT,
        }
        | changes
    )
    async with connected(door) as connection, connection.transaction():
        await submit_feedbacks(connection, [story], default_days=0)
    return story
