"""Reading stories for an export: some by their ids, or all that may leave in the order of their ids."""

import json
from collections.abc import AsyncIterator, Collection, Sequence
from typing import Final
from uuid import UUID

from asyncpg import Record as Row

from spplus_chassis.database import Connection, Pool
from spplus_contracts.vocabulary import PLATFORM_SOURCE
from spplus_feedback.exports.official import ExportedRequest, ExportedStory
from spplus_feedback.official_columns import POSITIONS, answer_id_of, request_id_of

_STORIES: Final = """
SELECT
    feedbacks.feedback_id, feedbacks.public_id::text, feedbacks.submitted_at, feedbacks.moderated_at,
    feedbacks.public_title, feedbacks.public_story, feedbacks.dimensions::text, feedbacks.country,
    imported_rows.official_id, imported_rows.cells::text
FROM feedbacks LEFT JOIN imported_rows USING (feedback_id)
WHERE feedbacks.feedback_id = ANY ($1::uuid[])
"""
_REQUESTS: Final = """
SELECT
    requests.feedback_id, requests.request_id::text, requests.position, requests.channels, requests.sentiment,
    requests.answer_expected, structures.typology, coalesce(structures.name, requests.structure_code) AS name
FROM requests LEFT JOIN structures ON structures.code = requests.structure_code
WHERE requests.feedback_id = ANY ($1::uuid[])
ORDER BY requests.position
"""
_ANSWERS: Final = """
SELECT
    statements.request_id::text, statements.source = $2 AS ours, statements.statement_id, statements.said_at,
    CASE WHEN statements.source = $2 THEN statements.answer END AS answer
FROM statements INNER JOIN requests USING (request_id)
WHERE requests.feedback_id = ANY ($1::uuid[]) AND statements.outcome = 'answered' AND NOT statements.retracted
ORDER BY statements.said_at, statements.source, statements.statement_id
"""
_LEAVES: Final = """
(is_public OR (
    moderation = 'wordless' AND withdrawn_at IS NULL AND held_at IS NULL
    AND EXISTS (SELECT FROM imported_rows WHERE imported_rows.feedback_id = feedbacks.feedback_id)
))
"""
_LEAVING: Final = "SELECT feedback_id FROM feedbacks WHERE feedback_id > $1 AND {} ORDER BY feedback_id LIMIT $2"
_COUNT: Final = "SELECT count(*) FROM feedbacks WHERE {}"
_FIRST: Final = UUID(int=0)
_PAGE: Final = 1_000


async def count_leaving(connection: Connection) -> int:
    """How many stories `all_stories` gives."""
    return int(await connection.fetchval(_COUNT.format(_LEAVES)))


async def all_stories(pool: Pool) -> AsyncIterator[list[ExportedStory]]:
    """Every story that is public, and what was imported without words, page by page; it holds no connection between."""
    after = _FIRST
    while True:
        async with pool.acquire() as connection:
            ids = [row["feedback_id"] for row in await connection.fetch(_LEAVING.format(_LEAVES), after, _PAGE)]
            page = await stories(connection, ids)
        if page:
            yield page
        if len(ids) < _PAGE:
            return
        after = ids[-1]


async def stories(connection: Connection, feedback_ids: Sequence[UUID]) -> list[ExportedStory]:
    """These stories, in this order."""
    ids = list(feedback_ids)
    found = {row["feedback_id"]: row for row in await connection.fetch(_STORIES, ids)}
    requests: dict[UUID, list[Row]] = {}
    for row in await connection.fetch(_REQUESTS, ids):
        requests.setdefault(row["feedback_id"], []).append(row)
    answers: dict[str, list[Row]] = {}
    for row in await connection.fetch(_ANSWERS, ids, PLATFORM_SOURCE):
        answers.setdefault(row["request_id"], []).append(row)
    return [_story(found[one], requests.get(one, []), answers) for one in ids if one in found]


def _story(row: Row, requests: Sequence[Row], answers: dict[str, list[Row]]) -> ExportedStory:
    official_id: str | None = row["official_id"]
    imported = () if official_id is None else tuple(answer_id_of(official_id, position) for position in POSITIONS)
    return ExportedStory(
        id=official_id or row["public_id"],
        written_at=row["submitted_at"],
        published_at=row["moderated_at"],
        title=row["public_title"],
        story=row["public_story"],
        sentiment=requests[0]["sentiment"] if requests else None,
        dimensions=json.loads(row["dimensions"] or "{}"),
        country=row["country"],
        answer_expected=any(request["answer_expected"] for request in requests),
        requests=tuple(
            _request(request, _position(request, official_id), answers.get(request["request_id"], ()), imported)
            for request in requests
        ),
        imported=None if row["cells"] is None else json.loads(row["cells"]),
    )


def _position(request: Row, official_id: str | None) -> int:
    """Number of the columns: those it came in by, where it came in by some."""
    if official_id is None:
        return int(request["position"]) + 1
    places = {request_id_of(official_id, position): position for position in POSITIONS}
    return places.get(request["request_id"], int(request["position"]) + 1)


def _request(request: Row, position: int, answers: Sequence[Row], imported: Collection[str]) -> ExportedRequest:
    since = [one for one in answers if not (one["ours"] and one["statement_id"] in imported)]
    return ExportedRequest(
        position=position,
        typology=request["typology"],
        name=request["name"],
        channels=tuple(request["channels"]),
        answered_at=since[0]["said_at"] if since else None,
        answer=next((one["answer"] for one in since if one["answer"]), None),
    )
