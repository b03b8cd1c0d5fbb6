"""What each role may do. A role is granted for a part of the tree: a structure and all below it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

EVERYTHING: Final = "*"
"""Stands where a structure's code stands: the whole tree, which has many roots."""


class Role(StrEnum):
    """What somebody is, in a part of the tree. Roles include nothing of each other: one person may hold several."""

    AGENT = "agent"
    MODERATOR = "moderator"
    ADMINISTRATOR = "administrator"


class Action(StrEnum):
    """What a signed-in person may do."""

    READ_REQUESTS = "read_requests"
    ANSWER_REQUESTS = "answer_requests"
    ROUTE_REQUESTS = "route_requests"
    PROPOSE = "propose"
    EDIT_TEMPLATES = "edit_templates"
    MODERATE = "moderate"
    MANAGE_ACCOUNTS = "manage_accounts"
    MANAGE_KEYS = "manage_keys"
    MANAGE_SOURCES = "manage_sources"
    READ_TRAIL = "read_trail"


ALLOWED: Final = {
    Role.AGENT: frozenset(
        {
            Action.READ_REQUESTS,
            Action.ANSWER_REQUESTS,
            Action.ROUTE_REQUESTS,
            Action.PROPOSE,
            Action.EDIT_TEMPLATES,
        }
    ),
    Role.MODERATOR: frozenset({Action.MODERATE}),
    Role.ADMINISTRATOR: frozenset(
        {Action.MANAGE_ACCOUNTS, Action.MANAGE_KEYS, Action.MANAGE_SOURCES, Action.READ_TRAIL}
    ),
}
"""An administrator reads no story: who hands out the keys does not use them."""


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """A role in a part of the tree."""

    role: Role
    structure_code: str
    """The root of the part, or `EVERYTHING`."""


def roots_of(grants: tuple[Grant, ...], action: Action) -> frozenset[str]:
    """Where these grants allow an action: roots of parts of the tree, or `EVERYTHING` alone."""
    roots = frozenset(grant.structure_code for grant in grants if action in ALLOWED[grant.role])
    return frozenset({EVERYTHING}) if EVERYTHING in roots else roots
