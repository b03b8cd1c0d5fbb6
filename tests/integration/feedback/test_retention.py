"""What is old goes, batch by batch, and no figure can change: no event tells of it."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from spplus_chassis.outbox import new_id
from spplus_contracts.vocabulary import Sentiment
from spplus_feedback import codes, protection
from spplus_feedback.experiences.queries import moderation_counts
from spplus_feedback.privacy.retention import let_go, once_a_day, what_would_go
from spplus_feedback.stories import Address, Hold, Opinion, Submission, Texts
from spplus_feedback.submitting import submit_feedbacks
from tests.support.scanning import tables_with

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAYS = {
    "retention_words_days": 100,
    "retention_unanswered_words_days": 300,
    "retention_public_words_days": 500,
    "retention_codes_days": 200,
    "retention_unanswered_codes_days": 400,
    "retention_drafts_days": 30,
    "retention_accounts_days": 365,
    "retention_acts_days": 600,
    "retention_counts_days": 600,
}


def ago(days):
    return NOW - timedelta(days=days)


async def a_story(door, days, *, answered=None, published=None, wants_answer=True, **changes):
    """A story told so many days ago, answered and published so many days ago if at all."""
    story = Submission(
        **{
            "feedback_id": new_id(),
            "addresses": (Address(new_id(), "guichet"),),
            "submitted_at": ago(days),
            "accepted_at": ago(days),
            "opinion": Opinion(sentiment=Sentiment.NEGATIVE, answer_expected=wants_answer),
            "texts": Texts(story="De vieux mots."),
            "code": bytes.fromhex(new_id().replace("-", "")),
            "published_at": None if published is None else ago(published),
        }
        | changes
    )
    connection = await asyncpg.connect(door.dsn)
    async with connection.transaction():
        await submit_feedbacks(connection, [story], default_days=0)
        request = story.addresses[0].request_id
        if answered is not None:
            await connection.execute(
                "INSERT INTO statements "
                "(request_id, source, statement_id, version, outcome, said_at, retracted, answer) "
                "VALUES ($1::uuid, 'spplus', 's', 1, 'answered', $2, false, 'Une vieille réponse.')",
                request,
                ago(answered),
            )
            await connection.execute(
                "UPDATE requests SET status = 'answered', answered_at = $2 WHERE request_id = $1::uuid",
                request,
                ago(answered),
            )
        await connection.execute("UPDATE acts SET at = $2 WHERE feedback_id = $1::uuid", story.feedback_id, ago(days))
    await connection.close()
    return story


async def kept(door, story):
    """Which of private words, public words, answer and code are still there."""
    (row,) = await door.fetch(
        """
        SELECT
            story IS NOT NULL AS words, public_story IS NOT NULL AS public, code_hash IS NOT NULL AS code,
            EXISTS (
                SELECT FROM statements INNER JOIN requests USING (request_id)
                WHERE requests.feedback_id = feedbacks.feedback_id AND answer IS NOT NULL
            ) AS answer
        FROM feedbacks WHERE feedback_id = $1::uuid
        """,
        story.feedback_id,
    )
    return {name for name, there in dict(row).items() if there}


async def run(door, **more):
    return await let_go(door.service.pool, DAYS, NOW, actor="operator", **more)


async def counted(door):
    """All of a request that figures are made of, and how much was ever put down to be told."""
    requests = await door.fetch("SELECT * FROM requests ORDER BY request_id")
    statements = await door.fetch(
        "SELECT request_id, source, statement_id, version, outcome, said_at, retracted FROM statements ORDER BY 1, 2, 3"
    )
    outbox = await door.fetch("SELECT last_value FROM pg_sequences WHERE sequencename LIKE 'outbox%'")
    assert outbox
    assert outbox[0]["last_value"] > 0
    return [dict(row) for row in (*requests, *statements, *outbox)]


async def moderated(door):
    """What the public is told about the work of moderators."""
    connection = await asyncpg.connect(door.dsn)
    try:
        return sorted(await moderation_counts(connection), key=str)
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("times", "left"),
    [
        ({"days": 99, "answered": 98}, {"words", "answer", "code"}),
        ({"days": 290, "answered": 99}, {"words", "answer", "code"}),
        ({"days": 290, "answered": 101}, {"code"}),
        ({"days": 290, "answered": 201}, set()),
        ({"days": 299}, {"words", "code"}),
        ({"days": 301}, {"code"}),
        ({"days": 401}, set()),
        ({"days": 101, "wants_answer": False}, {"code"}),
        ({"days": 301, "held_for": Hold.HONEYPOT}, {"code"}),
        ({"days": 290, "answered": 150, "published": 280}, {"public", "answer", "code"}),
        ({"days": 590, "answered": 590, "published": 501}, set()),
        ({"days": 590, "answered": 50, "published": 501}, {"words", "answer", "code"}),
    ],
)
async def test_words_codes_and_answers_go_when_their_time_has_come(door, times, left):
    story = await a_story(door, **times)
    await run(door)
    assert await kept(door, story) == left


async def test_no_figure_changes_and_no_event_is_told(door):
    for days in (50, 350, 700):
        await a_story(door, days, answered=days - 10, published=days - 5)
        await a_story(door, days)
    before = [*await counted(door), *await moderated(door)]
    gone = await run(door)
    assert gone["words"] > 0
    assert gone["public_words"] > 0
    assert [*await counted(door), *await moderated(door)] == before


async def test_dry_run_tells_what_would_go_and_changes_nothing(door):
    story = await a_story(door, 350)
    connection = await asyncpg.connect(door.dsn)
    due = await what_would_go(connection, DAYS, NOW)
    await connection.close()
    assert await kept(door, story) == {"words", "code"}
    gone = await run(door)
    assert {kind: gone[kind] for kind in ("words", "codes", "public_words", "drafts", "accounts")} == {
        kind: due[kind] for kind in ("words", "codes", "public_words", "drafts", "accounts")
    }
    assert gone["words"] >= 1


async def test_interrupted_run_is_taken_up_where_it_stopped_and_each_batch_has_its_trace(door):
    await run(door)
    stories = [await a_story(door, 350) for _ in range(5)]

    class Interrupted(Exception):  # noqa: N818 - a person at the keyboard
        pass

    def interrupt(_kind, rows):
        if rows:
            raise Interrupted

    with pytest.raises(Interrupted):
        await run(door, batch=2, tell=interrupt)
    assert ["words" in await kept(door, story) for story in stories].count(False) == 2
    assert (await run(door, batch=2))["words"] == 3
    traces = await door.fetch(
        "SELECT detail->>'rows' AS rows FROM acts WHERE action = 'retention.run' AND detail->>'kind' = 'words' "
        "ORDER BY act_id DESC LIMIT 3"
    )
    assert [row["rows"] for row in reversed(traces)] == ["2", "2", "1"]


async def test_story_that_nobody_read_leaves_the_moderators_queue_with_its_words(door):
    story = await a_story(door, 350)
    await run(door)
    (row,) = await door.fetch("SELECT moderation FROM feedbacks WHERE feedback_id = $1::uuid", story.feedback_id)
    assert row["moderation"] == "expired"


async def test_code_that_went_opens_nothing(door):
    story = await a_story(door, 401)
    code = codes.written(story.code)
    assert (await door.http.get(f"/v1/feedback/{code}")).status_code == 200
    await run(door)
    assert (await door.http.get(f"/v1/feedback/{code}")).status_code == 404


async def test_unused_accounts_go_and_the_last_key_to_the_house_stays(door):
    async def an_account(login, days, *grants, closed=None):
        (row,) = await door.fetch(
            "INSERT INTO accounts (account_id, login, name, created_at, last_signed_in_at, closed_at) "
            "VALUES (gen_random_uuid(), $1, 'Camille', $2, $3, $4) RETURNING account_id::text",
            login,
            ago(3_000),
            None if days is None else ago(days),
            closed and ago(closed),
        )
        for role, structure in grants:
            await door.fetch(
                "INSERT INTO account_grants VALUES ($1::uuid, $2, $3, $4)", row["account_id"], role, structure, ago(1)
            )

    await an_account("active", 300, ("agent", "guichet"))
    await an_account("absent", 400, ("agent", "guichet"))
    await an_account("never", None, ("moderator", "*"))
    await an_account("master", 2_000, ("administrator", "*"))
    await an_account("closed-master", 2_000, ("administrator", "*"), closed=400)
    gone = await run(door)
    left = {row["login"] for row in await door.fetch("SELECT login FROM accounts")}
    assert left == {"active", "master"}
    assert gone["accounts"] == 3


async def test_old_drafts_acts_and_counts_go(door):
    story = await a_story(door, 20)
    request = story.addresses[0].request_id
    for days in (10, 31):
        await door.fetch(
            "INSERT INTO drafts (request_id, account_id, text, state, saved_at) "
            "VALUES ($1::uuid, gen_random_uuid(), $2, 'new', $3)",
            request,
            f"Brouillon de {days} jours",
            ago(days),
        )
    for days in (10, 601):
        await door.fetch(
            "INSERT INTO acts (at, actor, action, subject) VALUES ($1, 'operator', 'key.created', $2)",
            ago(days),
            f"clé de {days} jours",
        )
        await door.fetch(
            "INSERT INTO source_counts VALUES ('agence', 'http', 'accepted', $1, 3, $2)", ago(days).date(), ago(days)
        )
    await run(door)
    assert await tables_with(door.dsn, "de 31 jours") == set()
    assert await tables_with(door.dsn, "de 601 jours") == set()
    assert await tables_with(door.dsn, "de 10 jours") == {"drafts", "acts"}
    assert len(await door.fetch("SELECT 1 FROM source_counts")) == 1


async def test_zero_keeps_for_ever(door):
    story = await a_story(door, 4_000, answered=3_999, published=3_990)
    days = dict.fromkeys(DAYS, 0)
    gone = await let_go(door.service.pool, days, NOW, actor="operator")
    assert set(gone.values()) == {0}
    assert await kept(door, story) == {"words", "public", "answer", "code"}


async def test_daily_run_begins_at_its_hour_and_once_a_day(door):
    pool = door.service.pool
    at = [datetime(2026, 3, 2, 1, 59, tzinfo=UTC)]  # one minute to three in Paris

    async def look():
        return await once_a_day(pool, DAYS, hour=3, clock=lambda: at[0])

    assert await look() is None
    at[0] += timedelta(minutes=1)
    assert await look() is not None
    assert await look() is None
    at[0] += timedelta(days=1)
    assert await look() is not None


async def test_every_rule_has_settings_and_every_setting_a_rule(door):
    assert set(protection.retention_days(door.service.settings)) == set(DAYS)
