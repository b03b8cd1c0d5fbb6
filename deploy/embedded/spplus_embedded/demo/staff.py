"""The people of the demo who sign in, and a moderator who reads the newest stories through the public door."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from spplus_embedded.demo.doors import HttpDoor
from spplus_embedded.demo.registration import run_feedback
from spplus_embedded.demo.tree import ROOT
from spplus_embedded.platform import Platform

STORIES_READ: Final = 300
_ACCOUNTS: Final = (("agent", "Agent de la région"), ("moderator", "Modération"), ("administrator", "Administration"))
_PAGE: Final = 100


async def make_accounts(platform: Platform) -> dict[str, str]:
    """Make an account for each role, for the whole region; the passwords made, by login."""
    told = await asyncio.gather(*(_make(platform, role, name) for role, name in _ACCOUNTS))
    return {role: password for (role, _), password in zip(_ACCOUNTS, told, strict=True)}


async def _make(platform: Platform, role: str, name: str) -> str:
    words = ("accounts", "create", role, "--name", name, "--role", role, "--structure", ROOT, "--generate")
    return (await run_feedback(platform, *words)).strip().splitlines()[-1]


async def moderate(door: HttpDoor, key: str, read: Callable[[], None]) -> int:
    """Publish the stories that have waited longest, what looks personal masked; how many. `read` after each."""
    headers, count = {"Authorization": f"Bearer {key}"}, 0
    while count < STORIES_READ:
        waiting = await door.get("/v1/moderation", {"limit": _PAGE}, headers=headers)
        for story in waiting["items"]:
            await door.post(f"/v1/moderation/{story['feedback_id']}", _published(story), headers)
            read()
        count += len(waiting["items"])
        if waiting["next"] is None:
            break
    return count


def _published(story: dict[str, Any]) -> dict[str, Any]:
    return {"decision": "publish", "version": story["version"], "masks": story["found"]}
