"""HTTP for systems that moderate: what waits, and what is decided about it. Same rules and same trail as the pages."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from spplus_chassis import metrics
from spplus_chassis.database import Connection, Pool
from spplus_chassis.paging import cursor_of, place_of
from spplus_chassis.problem import Problem
from spplus_feedback.access import ApiKey, Scope, require_key
from spplus_feedback.acts import by_key
from spplus_feedback.deadlines import paris_day
from spplus_feedback.moderation import handlers, repository
from spplus_feedback.moderation import spans as places
from spplus_feedback.moderation.queries import FIRST, After, ModeratedStory, one_story, queue
from spplus_feedback.moderation.reasons import Reason
from spplus_feedback.moderation.spans import BadSpan, checked
from spplus_feedback.stories import Moderation
from spplus_feedback.structures_queries import subtree

_LONGEST_TEXT: Final = 10_000
_MOST_MASKS: Final = 500


class PlaceBody(BaseModel):
    """A place in one of the texts of a story."""

    model_config = ConfigDict(extra="forbid")

    field: places.Field
    start: Annotated[int, Field(ge=0, lt=_LONGEST_TEXT)]
    """First character, counted in Unicode code points from 0."""
    end: Annotated[int, Field(ge=1, le=_LONGEST_TEXT)]
    """Behind the last character."""
    kind: places.Kind
    """What it says; the public reads the kind in its place."""

    def place(self) -> places.Place:
        """The same as the platform's own."""
        return places.Place(self.field, self.start, self.end, self.kind)


class WaitingStory(BaseModel):
    """One story whose words wait for a decision."""

    feedback_id: str
    version: int
    """To be sent with the decision: where somebody else acted meanwhile, it is refused."""
    submitted_at: datetime
    waiting_since: datetime
    structure_codes: list[str]
    title: str | None
    story: str | None
    suggestion: str | None
    found: list[PlaceBody]
    """Probable personal data, found by rules."""
    masks: list[PlaceBody]
    """Places that a moderator masked already."""


class ModerationQueue(BaseModel):
    """What waits, oldest first."""

    items: list[WaitingStory]
    next: str | None
    """Cursor of the next page; null on the last."""


class QueueQuery(BaseModel):
    """Parameters of the queue."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    """Most stories on a page."""
    cursor: Annotated[str, Field(max_length=200)] | None = None
    """`next` of the page before."""


class Publish(BaseModel):
    """Let the public read the story."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["publish"]
    version: Annotated[int, Field(ge=0, lt=2**31)]
    """Of the story that was looked at."""
    masks: Annotated[list[PlaceBody], Field(max_length=_MOST_MASKS)]
    """All places that the public does not read; nothing else of the words changes."""


class Reject(BaseModel):
    """Reject the story for good: its words are deleted, and it leaves the figures."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["reject"]
    version: Annotated[int, Field(ge=0, lt=2**31)]
    """Of the story that was looked at."""
    reason: Reason
    """Told to the author."""


class Decided(BaseModel):
    """Where the story stands now."""

    feedback_id: str
    moderation: Literal["published", "rejected"]
    version: int


def router(pool: Callable[[], Pool], *, clock: Callable[[], datetime], wake: Callable[[], None]) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/v1/moderation", tags=["moderation"])
    moderator = Depends(require_key(pool, Scope.MODERATE_STORIES))

    @routes.get("")
    async def get_queue(query: Annotated[QueueQuery, Query()], key: Annotated[ApiKey, moderator]) -> ModerationQueue:
        """Stories of the key's part of the tree whose words wait for a decision, oldest first."""
        now = clock()
        async with pool().acquire() as connection, connection.transaction():
            part = await subtree(connection, key.structure_code, on=paris_day(now))
            found = await queue(connection, part, after=read_cursor(query.cursor), limit=query.limit + 1)
            shown = found[: query.limit]
            await repository.mark_read(connection, [story.feedback_id for story in shown], by_key(key.id), now)
        more = len(found) > query.limit
        return ModerationQueue(items=[_item(story) for story in shown], next=cursor(shown[-1]) if more else None)

    @routes.post("/{feedback_id}")
    async def post_decision(
        feedback_id: Annotated[UUID, Path()],
        body: Annotated[Publish | Reject, Field(discriminator="decision")],
        key: Annotated[ApiKey, moderator],
    ) -> Decided:
        """Publish with these places masked, or reject. The same decision twice is one decision."""
        now = clock()
        async with pool().acquire() as connection, connection.transaction():
            story = await one_story(connection, str(feedback_id))
            part = await subtree(connection, key.structure_code, on=paris_day(now))
            if story is None or not set(story.codes) & set(part):
                raise Problem(404, "No such story.")
            if not _is_decided(story, body):
                await _decide(connection, story, body, by_key(key.id), now)
                metrics.MODERATION_DECISIONS.labels(body.decision).inc()
        wake()
        state: Literal["published", "rejected"] = "published" if isinstance(body, Publish) else "rejected"
        return Decided(feedback_id=story.feedback_id, moderation=state, version=body.version + 1)

    return routes


def cursor(last: ModeratedStory) -> str:
    """Where the next page begins."""
    return cursor_of(f"{last.accepted_at.isoformat()} {last.feedback_id}")


def read_cursor(given: str | None) -> After:
    """The place that a cursor names. Raises `Problem` 422."""
    if given is None:
        return FIRST
    try:
        at, feedback_id = place_of(given).split(" ")
        return datetime.fromisoformat(at).astimezone(UTC), str(UUID(feedback_id))
    except (ValueError, OverflowError):
        raise Problem(422, errors=[{"field": "query.cursor", "message": "is no cursor of ours"}]) from None


def _is_decided(story: ModeratedStory, body: Publish | Reject) -> bool:
    """Whether this very decision was taken before: a retry."""
    if story.version != body.version + 1:
        return False
    if isinstance(body, Reject):
        return story.moderation is Moderation.REJECTED and story.rejected_for is body.reason
    return story.moderation is Moderation.PUBLISHED and story.masks == _masks(story, body)


def _masks(story: ModeratedStory, body: Publish) -> tuple[places.Place, ...]:
    try:
        return checked(story.texts, [mask.place() for mask in body.masks])
    except BadSpan:
        raise Problem(422, errors=[{"field": "masks", "message": "name a place that the text does not have"}]) from None


async def _decide(
    connection: Connection, story: ModeratedStory, body: Publish | Reject, actor: str, now: datetime
) -> None:
    common: dict[str, Any] = {"actor": actor, "now": now, "version": body.version}
    try:
        if isinstance(body, Reject):
            await handlers.reject_story(connection, story.feedback_id, reason=body.reason, **common)
        else:
            await handlers.publish_story(connection, story.feedback_id, masks=_masks(story, body), **common)
    except handlers.StoryGone:
        raise Problem(410, "This story was withdrawn or rejected.") from None
    except handlers.StoryChanged:
        raise Problem(409, "Somebody else acted on this story; read it again.") from None


def _item(story: ModeratedStory) -> WaitingStory:
    return WaitingStory(
        feedback_id=story.feedback_id,
        version=story.version,
        submitted_at=story.submitted_at,
        waiting_since=story.accepted_at,
        structure_codes=story.codes,
        title=story.texts.title,
        story=story.texts.story,
        suggestion=story.texts.suggestion,
        found=_bodies(story.found),
        masks=_bodies(story.masks),
    )


def _bodies(listed: Sequence[places.Place]) -> list[PlaceBody]:
    return [PlaceBody(field=place.field, start=place.start, end=place.end, kind=place.kind) for place in listed]
