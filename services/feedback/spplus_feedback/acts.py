"""The audit trail: who did what, when. Holds codes and identifiers, never a word that somebody wrote."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from spplus_chassis.database import Connection

AUTHOR: Final = "author"
"""The citizen who holds the follow-up code."""
PLATFORM: Final = "platform"
"""The service by itself: a rule, a retention."""
OPERATOR: Final = "operator"
"""Whoever runs the commands on the server."""

_APPEND: Final = """
INSERT INTO acts (at, actor, action, feedback_id, request_id, subject, detail)
VALUES ($1, $2, $3, $4::uuid, $5::uuid, $6, $7::jsonb)
"""


_KNOWN: Final = """
SELECT EXISTS (SELECT FROM acts WHERE feedback_id = $1::uuid AND actor = $2 AND subject = $3)
"""


class Action(StrEnum):
    """What can be done; closed, so that a trail can be counted."""

    STORY_READ = "story.read"
    STORY_MASKED = "story.masked"
    STORY_PUBLISHED = "story.published"
    STORY_UNPUBLISHED = "story.unpublished"
    STORY_REJECTED = "story.rejected"
    STORY_WITHDRAWN = "story.withdrawn"
    STORY_HELD = "story.held"
    STORY_RELEASED = "story.released"
    STORY_EXPORTED = "story.exported"
    STORY_PROPOSED = "story.proposed"
    REQUEST_ANSWERED = "request.answered"
    REQUEST_ACKNOWLEDGED = "request.acknowledged"
    REQUEST_POSTPONED = "request.postponed"
    REQUEST_ROUTED = "request.routed"
    REQUEST_CLOSED = "request.closed"
    TEMPLATE_SAVED = "template.saved"
    TEMPLATE_REMOVED = "template.removed"
    ACCOUNT_CREATED = "account.created"
    ACCOUNT_CHANGED = "account.changed"
    ACCOUNT_CLOSED = "account.closed"
    SIGNED_IN = "account.signed_in"
    SIGN_IN_FAILED = "account.sign_in_failed"
    KEY_CREATED = "key.created"
    KEY_ROTATED = "key.rotated"
    KEY_REVOKED = "key.revoked"
    SOURCE_SAVED = "source.saved"
    SOURCE_REMOVED = "source.removed"
    RETENTION_RUN = "retention.run"


@dataclass(frozen=True, slots=True)
class Act:
    """One line of the trail."""

    actor: str
    """``account:<id>``, ``key:<id>``, `AUTHOR`, `OPERATOR` or `PLATFORM`."""
    action: Action
    at: datetime
    feedback_id: str | None = None
    request_id: str | None = None
    subject: str | None = None
    """What else it was done to, by identifier or code."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """Codes and counts only."""


def by_account(account_id: str) -> str:
    """The actor that signed in."""
    return f"account:{account_id}"


def by_key(key_id: int) -> str:
    """The actor that a key stands for."""
    return f"key:{key_id}"


async def did(connection: Connection, actor: str, feedback_id: str, subject: str) -> bool:
    """Whether it was this actor who did something about a story that is known by this identifier."""
    known = await connection.fetchval(_KNOWN, feedback_id, actor, subject)
    return bool(known)


async def record(connection: Connection, act: Act) -> None:
    """Append one line inside the caller's transaction, so that the act and its trace stand or fall together."""
    await connection.execute(
        _APPEND,
        act.at,
        act.actor,
        act.action.value,
        act.feedback_id,
        act.request_id,
        act.subject,
        json.dumps(dict(act.detail)),
    )
