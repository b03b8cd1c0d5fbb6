"""Reading what is public. Every query starts from `is_public`, the one definition of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from spplus_chassis.database import Connection
from spplus_contracts.vocabulary import PLATFORM_SOURCE
from spplus_feedback.deadlines import end_of_day, paris_day
from spplus_feedback.experiences.filters import ExperienceFilter, Place
from spplus_feedback.experiences.numbers import NO_SENTIMENT, Counted, Fate
from spplus_feedback.experiences.passages import START, STOP
from spplus_feedback.experiences.published import Experience, PublishedAnswer, PublishedRequest
from spplus_feedback.standing import Status
from spplus_feedback.structures_queries import subtree

_FEW: Final = 5_000
"""Up to so many candidates are sorted; of more, the list is walked from the newest on: a page is full soon."""

_DAY: Final = timedelta(days=1)
_QUERY: Final = "websearch_to_tsquery('folded_french', {})"
_WORDS: Final = "concat_ws(E'\\n', public_title, public_story, public_suggestion)"
_MARKED: Final = (
    f"ts_headline('folded_french', translate({_WORDS}, '{START}{STOP}', ''), {_QUERY}, "
    f"'HighlightAll=true, StartSel={START}, StopSel={STOP}')"
)
_COLUMNS: Final = """
    feedbacks.feedback_id, feedbacks.public_id, feedbacks.moderated_at, feedbacks.submitted_at, feedbacks.author,
    feedbacks.proposal, feedbacks.public_title, feedbacks.public_story, feedbacks.public_suggestion
"""
_PAGE: Final = """
WITH {candidates} page AS MATERIALIZED (
    SELECT {columns} FROM {source}
    WHERE {conditions}
    ORDER BY feedbacks.moderated_at DESC, feedbacks.public_id DESC
    LIMIT {limit}
)
SELECT page.*, {marked} AS marked FROM page ORDER BY moderated_at DESC, public_id DESC
"""
_PICKED: Final = """
picked AS MATERIALIZED (SELECT DISTINCT feedback_id FROM unnest({}::uuid[]) AS few (feedback_id)),
"""
_ONE: Final = "SELECT {columns}, NULL AS marked FROM feedbacks WHERE is_public AND public_id = $1"
_ABOUT: Final = "EXISTS (SELECT FROM requests WHERE requests.feedback_id = feedbacks.feedback_id{} OFFSET 0)"
"""Looked up story by story: the OFFSET keeps the planner from reading all requests instead."""
_BY_CODES: Final = "SELECT feedback_id FROM requests WHERE structure_code = ANY ({})"
_BY_WORDS: Final = "SELECT feedback_id FROM feedbacks WHERE is_public AND public_words @@ {}"
_REQUESTS: Final = """
SELECT
    requests.feedback_id, requests.request_id, requests.structure_code, requests.channels, requests.sentiment,
    requests.status, coalesce(addressed.public_name, addressed.name, requests.structure_code) AS structure_name,
    CASE WHEN requests.holder_code <> requests.structure_code
        THEN coalesce(holder.public_name, holder.name, requests.holder_code)
    END AS handled_by
FROM requests
LEFT JOIN structures AS addressed ON addressed.code = requests.structure_code
LEFT JOIN structures AS holder ON holder.code = requests.holder_code
WHERE requests.feedback_id = ANY ($1::uuid[])
ORDER BY requests.feedback_id, requests.position
"""
_ANSWERS: Final = """
SELECT statements.request_id, statements.said_at, CASE WHEN statements.source = $2 THEN statements.answer END AS answer
FROM statements INNER JOIN requests USING (request_id)
WHERE requests.feedback_id = ANY ($1::uuid[]) AND statements.outcome = 'answered' AND NOT statements.retracted
ORDER BY statements.said_at, statements.source, statements.statement_id
"""
_OF_NETWORK: Final = "SELECT code FROM structures WHERE network = $1"
_COUNTS: Final = """
SELECT
    to_char(feedbacks.submitted_at AT TIME ZONE 'Europe/Paris', 'YYYY-MM') AS month,
    CASE
        WHEN feedbacks.moderation = 'rejected' THEN 'rejected'
        WHEN feedbacks.withdrawn_at IS NOT NULL THEN 'withdrawn'
        WHEN feedbacks.held_at IS NOT NULL THEN 'held'
        WHEN feedbacks.moderation IN ('pending', 'expired') THEN 'pending'
        WHEN feedbacks.moderated_at < feedbacks.accepted_at THEN 'published_elsewhere'
        ELSE 'published'
    END AS fate,
    coalesce(requests.sentiment, $1) AS sentiment,
    CASE WHEN feedbacks.moderation = 'rejected' THEN feedbacks.rejected_for END AS reason,
    count(*) AS count
FROM feedbacks INNER JOIN requests ON requests.feedback_id = feedbacks.feedback_id AND requests.position = 0
WHERE feedbacks.moderation <> 'wordless'
GROUP BY 1, 2, 3, 4
"""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is found out once for all pages of a list."""

    codes: list[str] | None
    """Structures asked for; None where any will do."""
    candidates: list[UUID] | None
    """Stories that can be meant, where they are few; None where the list is to be walked."""


@dataclass(slots=True)
class _Asked:
    """Conditions of a query with their values; the text holds nothing that a reader typed."""

    conditions: list[str] = field(default_factory=lambda: ["feedbacks.is_public"])
    values: list[Any] = field(default_factory=list)

    def value(self, value: object) -> str:
        """Take a value in; gives its placeholder."""
        self.values.append(value)
        return f"${len(self.values)}"


async def experiences(
    connection: Connection, wanted: ExperienceFilter, *, on: date, after: Place | None = None, limit: int
) -> list[Experience]:
    """Published experiences, the newest first, at most `limit`; `on` is the day whose tree holds.

    What is published while a reader turns the pages comes before the first of them: nothing is skipped or repeated.
    """
    chosen = await choice(connection, wanted, on=on)
    return await _told(connection, await _page(connection, wanted, chosen, after, limit))


async def choice(connection: Connection, wanted: ExperienceFilter, *, on: date) -> Choice:
    """What the pages of one list have in common; `on` is the day whose tree holds."""
    codes = await _structure_codes(connection, wanted, on)
    return Choice(codes, await _candidates(connection, wanted, codes))


async def experience_ids(
    connection: Connection, wanted: ExperienceFilter, chosen: Choice, *, after: Place | None, limit: int
) -> tuple[list[UUID], Place | None]:
    """The stories themselves of a page, and where it ends; to be read for an export."""
    rows = await _page(connection, wanted, chosen, after, limit)
    end = Place(rows[-1]["moderated_at"], rows[-1]["public_id"]) if rows else None
    return [row["feedback_id"] for row in rows], end


async def _page(
    connection: Connection, wanted: ExperienceFilter, chosen: Choice, after: Place | None, limit: int
) -> list[asyncpg.Record]:
    asked = _Asked()
    candidates = chosen.candidates
    _about_story(asked, wanted, after)
    _about_requests(asked, wanted, chosen.codes)
    source = "feedbacks"
    picked = ""
    if candidates is not None:
        picked = _PICKED.format(asked.value(candidates))
        source = "picked INNER JOIN feedbacks USING (feedback_id)"
    sql = _PAGE.format(
        candidates=picked,
        columns=_COLUMNS,
        source=source,
        conditions=" AND ".join(asked.conditions),
        limit=asked.value(limit),
        marked="NULL" if wanted.q is None else _MARKED.format(asked.value(wanted.q)),
    )
    return await connection.fetch(sql, *asked.values)


async def experience(connection: Connection, public_id: UUID) -> Experience | None:
    """One published experience."""
    return next(iter(await _told(connection, await connection.fetch(_ONE.format(columns=_COLUMNS), public_id))), None)


async def _structure_codes(connection: Connection, wanted: ExperienceFilter, on: date) -> list[str] | None:
    """The structures asked for; None where any will do."""
    inside = None if wanted.structure is None else await subtree(connection, wanted.structure, on=on)
    if wanted.network is None:
        return inside
    network = [row["code"] for row in await connection.fetch(_OF_NETWORK, wanted.network)]
    return network if inside is None else sorted(set(inside).intersection(network))


async def _candidates(
    connection: Connection, wanted: ExperienceFilter, codes: Collection[str] | None
) -> list[UUID] | None:
    """The stories that can be meant, where one filter alone leaves few; None where the list is to be walked."""
    ways: list[tuple[str, object]] = []
    if codes is not None:
        ways.append((_BY_CODES.format("$1::text[]"), list(codes)))
    if wanted.q is not None:
        ways.append((_BY_WORDS.format(_QUERY.format("$1")), wanted.q))
    for sql, value in ways:
        rows = await connection.fetch(f"{sql} LIMIT {_FEW + 1}", value)
        if len(rows) <= _FEW:
            return [row["feedback_id"] for row in rows]
    return None


def _about_story(asked: _Asked, wanted: ExperienceFilter, after: Place | None) -> None:
    if wanted.since is not None:
        asked.conditions.append(f"feedbacks.moderated_at >= {asked.value(end_of_day(wanted.since - _DAY))}")
    if wanted.until is not None:
        asked.conditions.append(f"feedbacks.moderated_at < {asked.value(end_of_day(wanted.until))}")
    if after is not None:
        place = f"({asked.value(after.published_at)}::timestamptz, {asked.value(after.public_id)}::uuid)"
        asked.conditions.append(f"(feedbacks.moderated_at, feedbacks.public_id) < {place}")
    if wanted.proposal is not None:
        asked.conditions.append(f"feedbacks.proposal = {asked.value(wanted.proposal)}")
    if wanted.q is not None:
        asked.conditions.append(f"feedbacks.public_words @@ {_QUERY.format(asked.value(wanted.q))}")


def _about_requests(asked: _Asked, wanted: ExperienceFilter, codes: Collection[str] | None) -> None:
    """What must hold of one and the same request."""
    about = "" if codes is None else f" AND requests.structure_code = ANY ({asked.value(list(codes))}::text[])"
    if wanted.sentiment is not None:
        about += f" AND requests.sentiment = {asked.value(wanted.sentiment)}"
    answered = f"{about} AND requests.status = 'answered'"
    if wanted.answered:
        asked.conditions.append(_ABOUT.format(answered))
    elif about:
        asked.conditions.append(_ABOUT.format(about))
    if wanted.answered is False:
        asked.conditions.append(f"NOT {_ABOUT.format(answered)}")


async def _told(connection: Connection, rows: Sequence[asyncpg.Record]) -> list[Experience]:
    """The stories with their requests and answers."""
    ids = [row["feedback_id"] for row in rows]
    answers: dict[UUID, list[PublishedAnswer]] = {}
    for row in await connection.fetch(_ANSWERS, ids, PLATFORM_SOURCE) if ids else ():
        answer = PublishedAnswer(paris_day(row["said_at"]), row["answer"])
        answers.setdefault(row["request_id"], []).append(answer)
    requests: dict[UUID, list[PublishedRequest]] = {}
    sentiments: dict[UUID, str | None] = {}
    for row in await connection.fetch(_REQUESTS, ids) if ids else ():
        sentiments.setdefault(row["feedback_id"], row["sentiment"])
        requests.setdefault(row["feedback_id"], []).append(
            PublishedRequest(
                structure_code=row["structure_code"],
                structure_name=row["structure_name"],
                handled_by=row["handled_by"],
                channels=tuple(row["channels"]),
                status=Status(row["status"]),
                answers=tuple(answers.get(row["request_id"], ())),
            )
        )
    return [
        Experience(
            public_id=row["public_id"],
            published_at=row["moderated_at"],
            published_on=paris_day(row["moderated_at"]),
            told_on=paris_day(row["submitted_at"]),
            author=row["author"],
            proposal=row["proposal"],
            sentiment=sentiments.get(row["feedback_id"]),
            title=row["public_title"],
            story=row["public_story"],
            suggestion=row["public_suggestion"],
            requests=tuple(requests.get(row["feedback_id"], ())),
            marked=row["marked"],
        )
        for row in rows
    ]


async def networks(connection: Connection) -> list[str]:
    """Names of the networks, in their alphabetical order."""
    rows = await connection.fetch("SELECT DISTINCT network FROM structures ORDER BY network")
    return [row["network"] for row in rows]


async def moderation_counts(connection: Connection) -> list[Counted]:
    """Every story that came with words, by month, fate, feeling and reason."""
    return [
        Counted(row["month"], Fate(row["fate"]), row["sentiment"], row["reason"], row["count"])
        for row in await connection.fetch(_COUNTS, NO_SENTIMENT)
    ]
