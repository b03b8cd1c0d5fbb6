"""What a moderator does to a story, each in one transaction of the caller, with its line in the trail.

A moderator masks, publishes, takes back what is public, or rejects. Nobody edits a word. Each act names the version of
the story that was looked at: where somebody else acted since, it is refused and nothing changes.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from spplus_chassis import outbox
from spplus_chassis.database import Connection
from spplus_contracts.topics import FEEDBACK_WITHDRAWN
from spplus_contracts.vocabulary import WithdrawalReason
from spplus_feedback import acts, holding
from spplus_feedback.acts import Act, Action
from spplus_feedback.moderation import repository
from spplus_feedback.moderation.reasons import Reason
from spplus_feedback.moderation.repository import LockedStory
from spplus_feedback.moderation.spans import Place, checked
from spplus_feedback.repository import erase_words
from spplus_feedback.stories import Moderation, withdrawn


class StoryUnknown(LookupError):  # noqa: N818 - a fact about a story, not an error of ours
    """There is no such story."""


class StoryChanged(Exception):  # noqa: N818 - the same
    """Somebody else acted since the story was looked at, or what is asked does not fit where it stands."""


class StoryGone(Exception):  # noqa: N818 - the same
    """The story was withdrawn or rejected: that is final."""


async def mask_story(
    connection: Connection, feedback_id: str, *, masks: Iterable[Place], actor: str, now: datetime, version: int
) -> None:
    """Say which places are masked. Of a published story more can be masked and nothing shown again.

    Raises `StoryUnknown`, `StoryChanged`, `StoryGone` or `BadSpan`.
    """
    story = await _held_row(connection, feedback_id, version)
    asked = list(masks)
    wanted = checked(story.texts, [*story.masks, *asked] if story.moderation is Moderation.PUBLISHED else asked)
    if not (story.moderation is Moderation.PENDING or (story.moderation is Moderation.PUBLISHED and story.read)):
        raise StoryChanged
    if wanted == story.masks:
        return
    await repository.save_masks(connection, story, wanted)
    await acts.record(connection, Act(actor, Action.STORY_MASKED, now, feedback_id, detail=_by_kind(wanted)))


async def publish_story(
    connection: Connection,
    feedback_id: str,
    *,
    actor: str,
    now: datetime,
    version: int,
    masks: Iterable[Place] | None = None,
) -> None:
    """Let the public read a story with these places masked; with those masked already, if none are given.

    Raises `StoryUnknown`, `StoryChanged`, `StoryGone` or `BadSpan`.
    """
    story = await _held_row(connection, feedback_id, version)
    if story.moderation is not Moderation.PENDING or story.held_at is not None:
        raise StoryChanged
    wanted = story.masks if masks is None else checked(story.texts, masks)
    await repository.publish(connection, story, wanted, now)
    await acts.record(connection, Act(actor, Action.STORY_PUBLISHED, now, feedback_id, detail=_by_kind(wanted)))


async def unpublish_story(connection: Connection, feedback_id: str, *, actor: str, now: datetime, version: int) -> None:
    """Take back what is public: the story waits again, with its masks. Raises as `publish_story`.

    Where the author's words are deleted already there is nothing to decide about anew: it can be masked or rejected.
    """
    story = await _held_row(connection, feedback_id, version)
    if story.moderation is not Moderation.PUBLISHED or not story.original:
        raise StoryChanged
    await repository.unpublish(connection, story)
    await acts.record(connection, Act(actor, Action.STORY_UNPUBLISHED, now, feedback_id))


async def reject_story(
    connection: Connection,
    feedback_id: str,
    *,
    reason: Reason,
    actor: str,
    now: datetime,
    version: int | None = None,
) -> None:
    """Reject a story for good: its words are deleted and its requests leave the figures, each told once.

    Of a story that is held back no event ever told, so none takes it back. Its feeling is kept, so that rejections
    can be published by feeling. Without a version it is rejected whoever acted since. Raises as `publish_story`.
    """
    story = await _held_row(connection, feedback_id, version)
    requests = await erase_words(connection, feedback_id, now)
    await holding.taken_back(connection, feedback_id)
    await repository.reject(connection, feedback_id, reason, now)
    told = [] if story.held_at else requests
    events = [withdrawn(request, code, now, reason=WithdrawalReason.MODERATION) for request, code in told]
    await outbox.append(connection, [outbox.row_of(event, topic=FEEDBACK_WITHDRAWN.name, now=now) for event in events])
    act = Act(actor, Action.STORY_REJECTED, now, feedback_id, detail={"reason": reason.value})
    await acts.record(connection, act)


async def _held_row(connection: Connection, feedback_id: str, version: int | None) -> LockedStory:
    story = await repository.lock_story(connection, feedback_id)
    if story is None:
        raise StoryUnknown(feedback_id)
    if story.withdrawn_at is not None:
        raise StoryGone
    if version is not None and story.version != version:
        raise StoryChanged
    return story


def _by_kind(masks: Iterable[Place]) -> dict[str, int]:
    return dict(sorted(Counter(place.kind.value for place in masks).items()))
