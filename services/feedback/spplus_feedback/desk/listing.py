"""What waits in a part of the tree, and how much of it: walks along indexes that are as long as a page, not as a part.

Each structure's own requests lie in order. The page's requests can only stand with the structures whose first ones
come first, so one look at each structure's first leaves a page of structures to walk: two short walks, whatever waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from spplus_chassis.database import Connection
from spplus_feedback.desk.conditions import Conditions, Filters, expecting
from spplus_feedback.desk.places import Place
from spplus_feedback.standing import Status

FIRST_REQUEST: Final = "00000000-0000-0000-0000-000000000000"
LAST_REQUEST: Final = "ffffffff-ffff-ffff-ffff-ffffffffffff"
FIRST_DUE: Final = datetime.fromisoformat("0001-01-01T00:00:00+00:00")
_DUE: Final = "coalesce(requests.due_at, 'infinity'::timestamptz)"
_ANSWERED: Final = "requests.answered_at"
_WALK: Final = """
SELECT requests.request_id, {instant} AS instant FROM requests
WHERE {conditions} AND {after}
ORDER BY {instant} {direction}, requests.request_id {direction}
LIMIT {limit}
"""
_IN_PART: Final = """
WITH heads AS MATERIALIZED (
    SELECT part.code FROM unnest({codes}::text[]) AS part (code) CROSS JOIN LATERAL ({first}) AS head
    ORDER BY head.instant {direction}, head.request_id {direction} LIMIT {limit}
)
SELECT walked.* FROM heads CROSS JOIN LATERAL ({walk}) AS walked
ORDER BY walked.instant {direction}, walked.request_id {direction} LIMIT {limit}
"""
_SHOWN: Final = """
WITH {matching} found AS MATERIALIZED ({found})
SELECT
    requests.request_id::text, requests.feedback_id::text, requests.holder_code AS structure_code,
    coalesce(structures.public_name, structures.name, requests.holder_code) AS structure_name,
    structures.department, requests.status, requests.submitted_at, requests.due_at, requests.promised_at,
    requests.answered_at, requests.channels, requests.sentiment, requests.engagements, feedbacks.proposal,
    feedbacks.author, {words}
FROM found INNER JOIN requests USING (request_id) INNER JOIN feedbacks USING (feedback_id)
LEFT JOIN structures ON structures.code = requests.holder_code
ORDER BY found.instant {direction}, found.request_id {direction}
"""
WORDS_SHOWN: Final = """
CASE feedbacks.moderation WHEN 'published' THEN feedbacks.public_title ELSE feedbacks.title END AS title,
CASE feedbacks.moderation WHEN 'published' THEN feedbacks.public_story ELSE feedbacks.story END AS story,
CASE feedbacks.moderation WHEN 'published' THEN feedbacks.public_suggestion ELSE feedbacks.suggestion END AS suggestion
"""
"""The words as an agent reads them: those the public reads once a moderator let them through, masks included."""


@dataclass(frozen=True, slots=True)
class DeskRequest:
    """One request as an agent sees it."""

    request_id: str
    feedback_id: str
    structure_code: str
    structure_name: str
    department: str | None
    """Where the structure stands: its public holidays."""
    status: Status
    submitted_at: datetime
    due_at: datetime | None
    promised_at: datetime | None
    answered_at: datetime | None
    channels: Sequence[str]
    sentiment: str | None
    engagements: Sequence[str]
    proposal: bool
    author: str
    title: str | None
    story: str | None
    suggestion: str | None

    def place(self, *, latest_first: bool = False) -> Place:
        """Where it stands in the list."""
        return (self.answered_at if latest_first else self.due_at, self.request_id)


async def desk_requests(
    connection: Connection,
    codes: Sequence[str] | None,
    filters: Filters,
    *,
    after: Place | None = None,
    latest_first: bool = False,
    limit: int,
) -> list[DeskRequest]:
    """Requests held by these structures (None: by any), soonest due first, those without a deadline last.

    `latest_first` orders by the instant of the answer instead, which only answered requests have.
    `after` is the place of the last request of the page before: whatever comes in between, none is skipped.
    """
    asked = Conditions(filters)
    instant, direction, sign = (_ANSWERED, "DESC", "<") if latest_first else (_DUE, "ASC", ">")
    edge = after or ((None, LAST_REQUEST) if latest_first else (FIRST_DUE, FIRST_REQUEST))
    place = f"(coalesce({asked.value(edge[0], 'timestamptz')}, 'infinity'), {asked.value(edge[1], 'uuid')})"
    shape = {
        "instant": instant,
        "direction": direction,
        "after": f"({instant}, requests.request_id) {sign} {place}",
        "limit": str(int(limit)),
    }
    found = _found(asked, codes, shape)
    sql = _SHOWN.format(matching=asked.matching, found=found, words=WORDS_SHOWN, direction=direction)
    rows = await connection.fetch(sql, *asked.values)
    return [DeskRequest(**{**dict(row), "status": Status(row["status"])}) for row in rows]


def _found(asked: Conditions, codes: Sequence[str] | None, shape: dict[str, str]) -> str:
    """The walk: along the order of all, or of each structure; few rows hold a rare word, so those are sorted."""
    if codes is None:
        return _WALK.format(conditions=asked.conditions, **shape)
    array = asked.value(list(codes), "text[]")
    if asked.matching:
        return _WALK.format(conditions=f"requests.holder_code = ANY ({array}) AND {asked.conditions}", **shape)
    here = f"requests.holder_code = part.code AND {asked.conditions}"
    there = f"requests.holder_code = heads.code AND {asked.conditions}"
    return _IN_PART.format(
        codes=array,
        first=_WALK.format(conditions=here, **shape | {"limit": "1"}),
        walk=_WALK.format(conditions=there, **shape),
        direction=shape["direction"],
        limit=shape["limit"],
    )


@dataclass(frozen=True, slots=True)
class Counts:
    """How many requests there are under the same filters."""

    waiting: int
    overdue: int
    due_soon: int
    """Due from now until the instant asked for."""
    answered: int
    """Answered since the instant asked for."""


async def desk_counts(
    connection: Connection,
    codes: Sequence[str] | None,
    filters: Filters,
    *,
    now: datetime,
    soon_until: datetime,
    answered_from: datetime,
) -> Counts:
    """Counts of a part of the tree; the filters' own status and deadline are left aside, they are what is counted."""
    asked = Conditions(filters, only_stories=True)
    held_by = "" if codes is None else f"AND requests.holder_code = ANY ({asked.value(list(codes), 'text[]')})"
    now_given, soon = asked.value(now, "timestamptz"), asked.value(soon_until, "timestamptz")
    row = await connection.fetchrow(
        f"""
        WITH {asked.matching} waits AS (
            SELECT
                count(*) AS waiting,
                count(*) FILTER (WHERE {_DUE} < {now_given}) AS overdue,
                count(*) FILTER (WHERE {_DUE} >= {now_given} AND {_DUE} < {soon}) AS due_soon
            FROM requests WHERE {asked.conditions} AND {expecting(Status.WAITING)} {held_by}
        ), gone AS (
            SELECT count(*) AS answered FROM requests
            WHERE {asked.conditions} AND {expecting(Status.ANSWERED)} {held_by}
            AND requests.answered_at >= {asked.value(answered_from, "timestamptz")}
        )
        SELECT waits.waiting, waits.overdue, waits.due_soon, gone.answered FROM waits, gone
        """,  # noqa: S608 - made of fixed pieces; every value is a parameter
        *asked.values,
    )
    return Counts(**dict(row or {}))
