"""The moderator's pages: what waits, one story, what is held back, what was decided. Complete without scripts."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from spplus_chassis.database import Pool
from spplus_chassis.problem import Problem
from spplus_feedback.accounts.people import Person, check_person, checked_form, part_of, require
from spplus_feedback.accounts.roles import Action
from spplus_feedback.acts import by_account
from spplus_feedback.deadlines import paris_day
from spplus_feedback.moderation import handlers, queries, repository, words
from spplus_feedback.moderation.acting import STAYS, Doer, NotUnderstood, act, one, reason_of
from spplus_feedback.moderation.queries import ModeratedStory
from spplus_feedback.moderation.showing import listed, sentences, shown, unmasked
from spplus_feedback.moderation.spans import BadSpan, Field, Kind, public, text_of
from spplus_feedback.screens import Page, on_to, page, stylesheet
from spplus_feedback.stories import Moderation

HOME: Final = "/espace/moderation"
OLD: Final = timedelta(days=3)
"""From here on a story has waited too long; the alert of the operators says the same."""
_ON_A_PAGE: Final = 25
_EXCERPT: Final = 160


def router(pool: Callable[[], Pool], *, clock: Callable[[], datetime], wake: Callable[[], None]) -> APIRouter:
    """The routes."""
    routes = APIRouter(route_class=Page, include_in_schema=False)
    moderator = Depends(require(pool, Action.MODERATE, clock=clock))

    @routes.get("/static/moderation.css")
    async def get_stylesheet() -> Response:
        return stylesheet("moderation.css")

    @routes.get(HOME)
    async def get_queue(person: Annotated[Person, moderator], fait: str = "", apres: str = "") -> Response:
        return await _list(pool(), person, clock(), "queue", said=words.DONE.get(fait), after=apres)

    @routes.get(f"{HOME}/retenues")
    async def get_held(person: Annotated[Person, moderator], fait: str = "", apres: str = "") -> Response:
        return await _list(pool(), person, clock(), "held", said=words.DONE.get(fait), after=apres)

    @routes.get(f"{HOME}/decisions")
    async def get_decided(person: Annotated[Person, moderator], apres: str = "") -> Response:
        return await _list(pool(), person, clock(), "decided", said=None, after=apres)

    @routes.get(HOME + "/{feedback_id}")
    async def get_story(feedback_id: UUID, person: Annotated[Person, moderator], fait: str = "") -> Response:
        story = await _read(pool(), person, str(feedback_id), clock())
        return await _show(pool(), person, story, clock(), said=words.DONE.get(fait))

    @routes.post(HOME + "/{feedback_id}")
    async def post_story(feedback_id: UUID, request: Request, person: Annotated[Person, moderator]) -> Response:
        sent = await checked_form(request, person)
        answer = await _act(pool(), person, str(feedback_id), sent, clock())
        wake()
        return answer

    return routes


async def _list(pool: Pool, person: Person, now: datetime, which: str, *, said: str | None, after: str) -> Response:
    read = {"queue": queries.queue, "held": queries.held, "decided": queries.decided}[which]
    async with pool.acquire() as connection:
        part = await part_of(connection, person, Action.MODERATE, on=paris_day(now))
        place = {"after": _read_place(after)} if after else {}
        stories = await read(connection, part, limit=_ON_A_PAGE + 1, **place)
        waiting = await queries.counts(connection, part)
    rows = stories[:_ON_A_PAGE]
    return page(
        "moderation/list.html",
        person=person,
        which=which,
        said=said,
        rows=[_row(story, now) for story in rows],
        waiting=waiting,
        words=words,
        following=_place(rows[-1], which) if len(stories) > _ON_A_PAGE else None,
    )


def _row(story: ModeratedStory, now: datetime) -> dict[str, Any]:
    left = unmasked(story.found, story.masks)
    since = story.held_at or story.accepted_at
    safe = public(story.texts, [*story.masks, *left])
    text = next((text_of(safe, field) for field in (Field.STORY, Field.SUGGESTION) if text_of(safe, field)), "")
    return {
        "story": story,
        "title": safe.title or "Sans titre",
        "excerpt": text if len(text) <= _EXCERPT else text[:_EXCERPT].rsplit(" ", 1)[0] + "…",
        "kinds": [words.KINDS[kind] for kind in Kind if kind in {place.kind for place in left}],
        "waited": words.waited(since, now),
        "old": now - since >= OLD,
    }


async def _read(pool: Pool, person: Person, feedback_id: str, now: datetime) -> ModeratedStory:
    """A story of the person's part of the tree; that it was read is kept. Raises `Problem` 404."""
    async with pool.acquire() as connection, connection.transaction():
        story = await queries.one_story(connection, feedback_id)
        if story is None:
            raise Problem(404)
        await check_person(connection, person, Action.MODERATE, story.codes, on=paris_day(now))
        if story.texts:
            await repository.mark_read(connection, [feedback_id], by_account(person.account_id), now)
    return story


async def _act(pool: Pool, person: Person, feedback_id: str, sent: dict[str, list[str]], now: datetime) -> Response:
    story = await _read(pool, person, feedback_id, now)
    try:
        version = int(one(sent, "version"))
    except ValueError:
        raise Problem(422) from None
    doer = Doer(by_account(person.account_id), now, version)
    try:
        if one(sent, "faire") == "rejeter" and one(sent, "confirme") != "oui":
            reason = reason_of(sent)
            return page(
                "moderation/reject.html", person=person, story=story, reason=reason, words=words, version=version
            )
        async with pool.acquire() as connection, connection.transaction():
            done = await act(connection, story, sent, doer)
    except NotUnderstood as fault:
        return await _show(pool, person, story, now, error=str(fault), sent=sent, status=422)
    except BadSpan:
        raise Problem(422) from None
    except (handlers.StoryChanged, handlers.StoryGone) as refused:
        said = words.GONE if isinstance(refused, handlers.StoryGone) else words.CHANGED
        fresh = await _read(pool, person, feedback_id, now)
        return await _show(pool, person, fresh, now, error=said, sent=sent, status=409)
    if done in STAYS:
        return on_to(f"{HOME}/{feedback_id}?fait={done}#textes")
    return on_to(f"{HOME}{'/retenues' if story.held_at else ''}?fait={done}")


async def _show(
    pool: Pool,
    person: Person,
    story: ModeratedStory,
    now: datetime,
    *,
    said: str | None = None,
    error: str | None = None,
    sent: dict[str, list[str]] | None = None,
    status: int = 200,
) -> Response:
    async with pool.acquire() as connection:
        trail = await queries.trail(connection, story.feedback_id)
    left = unmasked(story.found, story.masks)
    fields = [field for field in Field if text_of(story.texts, field)]
    preview = public(story.texts, story.masks)
    return page(
        "moderation/story.html",
        status=status,
        person=person,
        story=story,
        fields=fields,
        originals={field: shown(story.texts, field, story.masks, story.found) for field in fields},
        previews={field: text_of(preview, field) for field in fields},
        sentences={field: sentences(story.texts, field) for field in fields},
        found=listed(story.texts, left),
        masked=listed(story.texts, story.masks),
        trail=trail,
        waited=words.waited(story.held_at or story.accepted_at, now),
        old=now - (story.held_at or story.accepted_at) >= OLD,
        decidable=_decidable(story),
        words=words,
        said=said,
        error=error,
        typed=one(sent or {}, "passage"),
        chosen_reason=one(sent or {}, "motif"),
        chosen_kind=one(sent or {}, "nature"),
    )


def _decidable(story: ModeratedStory) -> Sequence[str]:
    """What can be done with a story now."""
    if story.withdrawn_at is not None:
        return ()
    if story.held_at is not None:
        return ("accept", "reject")
    if story.moderation is Moderation.PENDING:
        return ("mask", "unmask", "publish", "reject")
    if story.moderation is not Moderation.PUBLISHED:
        return ("reject",)
    if not story.texts:
        return ("reject",)
    return ("mask", "unpublish", "reject") if story.original else ("mask", "reject")


def _place(last: ModeratedStory, which: str) -> str:
    at = {"queue": last.accepted_at, "held": last.held_at, "decided": last.moderated_at}[which]
    return f"{at.isoformat()}_{last.feedback_id}" if at else ""


def _read_place(written: str) -> queries.After:
    try:
        at, _, feedback_id = written.partition("_")
        return datetime.fromisoformat(at.replace(" ", "+")).astimezone(UTC), str(UUID(feedback_id))
    except (ValueError, OverflowError):
        raise Problem(422) from None
