"""Writing what moderators decide. No other module writes the words that the public reads of a story told here.

Every function runs inside the caller's transaction, which holds the story's row.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from spplus_chassis.database import Connection
from spplus_feedback.acts import Action
from spplus_feedback.moderation.reasons import Reason
from spplus_feedback.moderation.spans import Field, Kind, Place, public
from spplus_feedback.stories import Moderation, Texts

_LOCK: Final = """
SELECT
    feedback_id::text, moderation, moderation_version AS version, masks, title, story, suggestion,
    public_title, public_story, public_suggestion, withdrawn_at, held_at, moderated_at, rejected_for
FROM feedbacks WHERE feedback_id = $1::uuid FOR UPDATE
"""
_SAVE: Final = """
UPDATE feedbacks SET
    moderation = $2, masks = $3::jsonb, public_title = $4, public_story = $5, public_suggestion = $6,
    moderated_at = $7, moderation_version = moderation_version + 1
WHERE feedback_id = $1::uuid
"""
_REJECT: Final = """
UPDATE feedbacks SET
    moderation = 'rejected', rejected_for = $2, moderated_at = $3, moderation_version = moderation_version + 1
WHERE feedback_id = $1::uuid
"""
_MARK_READ: Final = f"""
INSERT INTO acts (at, actor, action, feedback_id)
SELECT $3, $2, '{Action.STORY_READ}', story
FROM unnest($1::uuid[]) AS story
WHERE NOT EXISTS (
    SELECT FROM acts WHERE acts.feedback_id = story AND acts.actor = $2 AND acts.action = '{Action.STORY_READ}'
)
"""  # noqa: S608 - a code of ours


@dataclass(frozen=True, slots=True)
class LockedStory:
    """A story whose row this transaction holds."""

    feedback_id: str
    moderation: Moderation
    version: int
    masks: tuple[Place, ...]
    texts: Texts
    """The author's words; where they are deleted already, those that the public reads."""
    original: bool
    """Whether they are the author's words."""
    read: bool
    """Whether the public reads any of them."""
    withdrawn_at: datetime | None
    held_at: datetime | None
    moderated_at: datetime | None
    rejected_for: Reason | None


async def lock_story(connection: Connection, feedback_id: str) -> LockedStory | None:
    """Hold a story's row until the transaction ends; None where there is none."""
    row = await connection.fetchrow(_LOCK, feedback_id)
    if row is None:
        return None
    written = Texts(row["title"], row["story"], row["suggestion"])
    read = Texts(row["public_title"], row["public_story"], row["public_suggestion"])
    return LockedStory(
        feedback_id=row["feedback_id"],
        moderation=Moderation(row["moderation"]),
        version=row["version"],
        masks=places_of(row["masks"]),
        texts=written or read,
        original=bool(written),
        read=bool(read),
        withdrawn_at=row["withdrawn_at"],
        held_at=row["held_at"],
        moderated_at=row["moderated_at"],
        rejected_for=Reason(row["rejected_for"]) if row["rejected_for"] else None,
    )


async def save_masks(connection: Connection, story: LockedStory, masks: Sequence[Place]) -> None:
    """Keep which places are masked; of a published story the public reads it so from now on.

    Where the author's words are deleted, the places are masked in what the public reads, and need not be kept.
    """
    await _save(connection, story, story.moderation, masks, story.moderated_at)


async def publish(connection: Connection, story: LockedStory, masks: Sequence[Place], now: datetime) -> None:
    """Let the public read a story with these places masked."""
    await _save(connection, story, Moderation.PUBLISHED, masks, now)


async def unpublish(connection: Connection, story: LockedStory) -> None:
    """Put a story back into the queue; its masks stay."""
    await _save(connection, story, Moderation.PENDING, story.masks, None)


async def reject(connection: Connection, feedback_id: str, reason: Reason, now: datetime) -> None:
    """Mark a story whose words are deleted as rejected."""
    await connection.execute(_REJECT, feedback_id, reason.value, now)


async def mark_read(connection: Connection, feedback_ids: Collection[str], actor: str, now: datetime) -> None:
    """Keep in the trail that somebody was shown these stories; the first time only."""
    await connection.execute(_MARK_READ, list(feedback_ids), actor, now)


async def _save(
    connection: Connection,
    story: LockedStory,
    moderation: Moderation,
    masks: Sequence[Place],
    moderated_at: datetime | None,
) -> None:
    shown = public(story.texts, masks) if moderation is Moderation.PUBLISHED else Texts()
    await connection.execute(
        _SAVE,
        story.feedback_id,
        moderation.value,
        json.dumps([plain(place) for place in masks] if story.original else []),
        shown.title,
        shown.story,
        shown.suggestion,
        moderated_at,
    )


def plain(place: Place) -> dict[str, Any]:
    """A place as it is stored."""
    return {"field": place.field.value, "start": place.start, "end": place.end, "kind": place.kind.value}


def places_of(stored: str) -> tuple[Place, ...]:
    """The places that are stored."""
    rows: list[Mapping[str, Any]] = json.loads(stored)
    return tuple(Place(Field(row["field"]), row["start"], row["end"], Kind(row["kind"])) for row in rows)
