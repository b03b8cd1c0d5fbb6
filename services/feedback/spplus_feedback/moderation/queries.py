"""What moderators see: what waits, what is held back, what was decided, one story with its trail."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from spplus_chassis.database import Connection
from spplus_feedback.moderation.detection import found_in
from spplus_feedback.moderation.reasons import Reason
from spplus_feedback.moderation.repository import places_of
from spplus_feedback.moderation.spans import Place
from spplus_feedback.stories import Hold, Moderation, Texts

_COLUMNS: Final = """
    feedbacks.feedback_id::text, feedbacks.accepted_at, feedbacks.submitted_at, feedbacks.moderation,
    feedbacks.moderation_version AS version, feedbacks.masks, feedbacks.title, feedbacks.story, feedbacks.suggestion,
    feedbacks.public_title, feedbacks.public_story, feedbacks.public_suggestion,
    feedbacks.author, feedbacks.proposal, feedbacks.moderated_at, feedbacks.withdrawn_at, feedbacks.rejected_for,
    feedbacks.held_at, feedbacks.held_for, about.codes, about.names, about.sentiment
FROM feedbacks CROSS JOIN LATERAL (
    SELECT
        array_agg(requests.structure_code ORDER BY requests.position) AS codes,
        array_agg(coalesce(structures.name, requests.structure_code) ORDER BY requests.position) AS names,
        min(requests.sentiment) AS sentiment
    FROM requests LEFT JOIN structures ON structures.code = requests.structure_code
    WHERE requests.feedback_id = feedbacks.feedback_id
) AS about
"""
_IN_PART: Final = "($1::text[] IS NULL OR about.codes && $1::text[])"
_WAITS: Final = "feedbacks.moderation = 'pending' AND feedbacks.withdrawn_at IS NULL AND feedbacks.held_at IS NULL"
_IS_HELD: Final = "feedbacks.held_at IS NOT NULL AND feedbacks.withdrawn_at IS NULL"
_QUEUE: Final = f"""
SELECT {_COLUMNS}
WHERE {_WAITS} AND {_IN_PART} AND (feedbacks.accepted_at, feedbacks.feedback_id) > ($2, $3::uuid)
ORDER BY feedbacks.accepted_at, feedbacks.feedback_id
LIMIT $4
"""
_HELD: Final = f"""
SELECT {_COLUMNS}
WHERE {_IS_HELD} AND {_IN_PART} AND (feedbacks.held_at, feedbacks.feedback_id) > ($2, $3::uuid)
ORDER BY feedbacks.held_at, feedbacks.feedback_id
LIMIT $4
"""
_DECIDED: Final = f"""
SELECT {_COLUMNS}
WHERE
    feedbacks.moderated_at IS NOT NULL AND {_IN_PART}
    AND (feedbacks.moderated_at, feedbacks.feedback_id) < ($2, $3::uuid)
ORDER BY feedbacks.moderated_at DESC, feedbacks.feedback_id DESC
LIMIT $4
"""
_ONE: Final = f"SELECT {_COLUMNS} WHERE feedbacks.feedback_id = $1::uuid"
_TRAIL: Final = """
SELECT acts.at, acts.action, acts.actor, accounts.name, acts.detail::text AS detail
FROM acts LEFT JOIN accounts ON acts.actor = 'account:' || accounts.account_id::text
WHERE acts.feedback_id = $1::uuid AND acts.action LIKE 'story.%'
ORDER BY acts.act_id
"""
_WAITING: Final = f"""
SELECT count(*) AS stories, min(accepted_at) AS since FROM feedbacks WHERE {_WAITS}
"""  # noqa: S608 - the same
_KEPT_BACK: Final = f"""
SELECT count(*) AS stories, min(held_at) AS since FROM feedbacks WHERE {_IS_HELD}
"""  # noqa: S608 - the same
_COUNT: Final = """
SELECT count(*) FROM feedbacks
WHERE {condition} AND (
    $1::text[] IS NULL OR EXISTS (
        SELECT FROM requests
        WHERE requests.feedback_id = feedbacks.feedback_id AND requests.structure_code = ANY ($1::text[])
    )
)
"""
FIRST: Final = (datetime.min.replace(tzinfo=UTC), "00000000-0000-0000-0000-000000000000")
LATEST: Final = (datetime.max.replace(tzinfo=UTC), "ffffffff-ffff-ffff-ffff-ffffffffffff")
After = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class ModeratedStory:
    """A story as a moderator sees it."""

    feedback_id: str
    accepted_at: datetime
    submitted_at: datetime
    moderation: Moderation
    version: int
    masks: tuple[Place, ...]
    texts: Texts
    """The author's words; where they are deleted already, those that the public reads."""
    original: bool
    """Whether they are the author's words."""
    author: str
    proposal: bool
    sentiment: str | None
    moderated_at: datetime | None
    withdrawn_at: datetime | None
    rejected_for: Reason | None
    held_at: datetime | None
    held_for: Hold | None
    structures: tuple[tuple[str, str], ...]
    """Code and name of each structure addressed."""
    found: tuple[Place, ...] = field(default=())
    """What of its words is probably personal."""

    @property
    def codes(self) -> list[str]:
        """The structures addressed."""
        return [code for code, _ in self.structures]


@dataclass(frozen=True, slots=True)
class Trace:
    """One line of a story's trail."""

    at: datetime
    action: str
    actor: str
    name: str | None
    """Of the account that acted, if it was one."""
    detail: Mapping[str, Any]
    """Codes and counts: of a rejection its reason, of masks how many of each kind."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits, and since when the oldest does."""

    stories: int
    since: datetime | None


async def queue(
    connection: Connection, structures: Sequence[str] | None, *, after: After = FIRST, limit: int
) -> list[ModeratedStory]:
    """Stories whose words wait for a decision, oldest first; of these structures, or of all where none are given."""
    return await _stories(await connection.fetch(_QUEUE, structures, *after, limit))


async def held(
    connection: Connection, structures: Sequence[str] | None, *, after: After = FIRST, limit: int
) -> list[ModeratedStory]:
    """Stories that are kept back as probable abuse, oldest first."""
    return await _stories(await connection.fetch(_HELD, structures, *after, limit))


async def decided(
    connection: Connection, structures: Sequence[str] | None, *, after: After = LATEST, limit: int
) -> list[ModeratedStory]:
    """Stories about which something was decided, latest first."""
    return await _stories(await connection.fetch(_DECIDED, structures, *after, limit))


async def one_story(connection: Connection, feedback_id: str) -> ModeratedStory | None:
    """One story, wherever it stands."""
    row = await connection.fetchrow(_ONE, feedback_id)
    return None if row is None else (await _stories([row]))[0]


async def trail(connection: Connection, feedback_id: str) -> list[Trace]:
    """Who did what to a story, in order."""
    rows = await connection.fetch(_TRAIL, feedback_id)
    return [Trace(**{**dict(row), "detail": json.loads(row["detail"])}) for row in rows]


async def waiting(connection: Connection) -> dict[str, Waiting]:
    """What waits on the whole platform: texts, and stories held back."""
    rows = {"texts": await connection.fetchrow(_WAITING), "held": await connection.fetchrow(_KEPT_BACK)}
    return {name: Waiting(row["stories"], row["since"]) for name, row in rows.items() if row is not None}


async def counts(connection: Connection, structures: Sequence[str] | None) -> dict[str, int]:
    """How many wait in a part of the tree: texts, and stories held back."""
    conditions = {"texts": _WAITS, "held": _IS_HELD}
    return {
        name: await connection.fetchval(_COUNT.format(condition=condition), structures)
        for name, condition in conditions.items()
    }


async def _stories(rows: Sequence[Any]) -> list[ModeratedStory]:
    """Searched for personal data beside the loop: a page of long texts takes a second, and nobody else waits for it."""
    return await asyncio.to_thread(lambda: [_story(row) for row in rows])


def _story(row: Any) -> ModeratedStory:  # noqa: ANN401 - a record of the driver
    known = {**dict(row)}
    written = Texts(known.pop("title"), known.pop("story"), known.pop("suggestion"))
    read = Texts(known.pop("public_title"), known.pop("public_story"), known.pop("public_suggestion"))
    texts = written or read
    names = zip(known.pop("codes"), known.pop("names"), strict=True)
    return ModeratedStory(
        **known
        | {
            "moderation": Moderation(known["moderation"]),
            "masks": places_of(known["masks"]),
            "rejected_for": Reason(known["rejected_for"]) if known["rejected_for"] else None,
            "held_for": Hold(known["held_for"]) if known["held_for"] else None,
        },
        texts=texts,
        original=bool(written),
        structures=tuple(names),
        found=found_in(texts),
    )
