"""What a moderator's form asks for, done in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from spplus_chassis import metrics
from spplus_chassis.database import Connection
from spplus_feedback.handlers import release_story
from spplus_feedback.moderation import handlers, words
from spplus_feedback.moderation.queries import ModeratedStory
from spplus_feedback.moderation.reasons import Reason
from spplus_feedback.moderation.showing import occurrences, read_place, unmasked, without
from spplus_feedback.moderation.spans import Kind, Place

Sent = dict[str, list[str]]


class NotUnderstood(ValueError):  # noqa: N818 - told to whoever sent the form
    """The form lacks something; the message says what, in French."""


@dataclass(frozen=True, slots=True)
class Doer:
    """Who acts, when, on which version of the story."""

    actor: str
    now: datetime
    version: int


STAYS: Final = frozenset({"masque", "depublie", "accepte"})
"""After these acts there is more to do with the same story."""


async def act(connection: Connection, story: ModeratedStory, sent: Sent, doer: Doer) -> str:
    """Do it; gives the word that says what was done.

    Raises `NotUnderstood`, or what the handlers raise.
    """
    order, _, rest = one(sent, "faire").partition(" ")
    common: dict[str, Any] = {"actor": doer.actor, "now": doer.now, "version": doer.version}
    match order:
        case "publier":
            await handlers.publish_story(connection, story.feedback_id, **common)
            done, counted = "publie", "publish"
        case "depublier":
            await handlers.unpublish_story(connection, story.feedback_id, **common)
            done, counted = "depublie", "unpublish"
        case "rejeter":
            await handlers.reject_story(connection, story.feedback_id, reason=reason_of(sent), **common)
            done, counted = "rejete", "reject"
        case "accepter":
            if not await release_story(connection, story.feedback_id, actor=doer.actor, now=doer.now):
                raise handlers.StoryChanged
            done, counted = "accepte", "release"
        case _:
            masks = _masks(story, order, rest, sent)
            await handlers.mask_story(connection, story.feedback_id, masks=masks, **common)
            done, counted = "masque", "mask"
    metrics.MODERATION_DECISIONS.labels(counted).inc()
    return done


def one(sent: Sent, name: str) -> str:
    """A field of a form; empty where it is missing."""
    return next(iter(sent.get(name, ())), "")


def reason_of(sent: Sent) -> Reason:
    """Why a story is rejected. Raises `NotUnderstood`."""
    try:
        return Reason(one(sent, "motif"))
    except ValueError:
        raise NotUnderstood(words.NO_REASON) from None


def _masks(story: ModeratedStory, order: str, rest: str, sent: Sent) -> Sequence[Place]:
    """All places that are masked then."""
    match order:
        case "masquer":
            return [*story.masks, _place(rest)]
        case "montrer":
            return without(story.masks, _place(rest))
        case "masquer-tout":
            return [*story.masks, *unmasked(story.found, story.masks)]
        case "masquer-choix":
            return [*story.masks, *_chosen(story, sent)]
    raise NotUnderstood(words.NOT_FOUND)


def _chosen(story: ModeratedStory, sent: Sent) -> list[Place]:
    """The sentences that were ticked, and everywhere that the typed passage stands."""
    passage, kind = one(sent, "passage"), one(sent, "nature")
    places = [_place(order) for order in sent.get("phrase", ())]
    if passage.strip():
        found = occurrences(story.texts, passage, Kind(kind) if kind in set(Kind) else Kind.OTHER)
        if not found:
            raise NotUnderstood(words.NOT_FOUND)
        places += found
    if not places:
        raise NotUnderstood(words.NOTHING_TYPED)
    return places


def _place(order: str) -> Place:
    try:
        return read_place(order)
    except ValueError:
        raise NotUnderstood(words.NOT_FOUND) from None
