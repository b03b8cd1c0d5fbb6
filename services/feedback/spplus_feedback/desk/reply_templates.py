"""Reply templates: written once for a part of the tree, offered for every request held inside it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import asyncpg

from spplus_chassis.database import Connection
from spplus_feedback import acts
from spplus_feedback.accounts.roles import EVERYTHING
from spplus_feedback.acts import Act, Action
from spplus_feedback.structures_queries import lineage

_COLUMNS: Final = """
SELECT
    template_id::text, structure_code, reply_templates.name, text, reply_templates.version,
    coalesce(structures.public_name, structures.name, structure_code) AS structure_name
FROM reply_templates LEFT JOIN structures ON structures.code = reply_templates.structure_code
"""
_SAVE: Final = """
INSERT INTO reply_templates (template_id, structure_code, name, text, version, changed_at)
VALUES ($1::uuid, $2, $3, $4, 1, $6)
ON CONFLICT (template_id) DO UPDATE SET
    name = excluded.name, text = excluded.text, version = reply_templates.version + 1, changed_at = excluded.changed_at
WHERE reply_templates.version = $5 AND reply_templates.structure_code = excluded.structure_code
"""


class NameTaken(Exception):  # noqa: N818 - a decision about what was typed
    """This part of the tree has a template of this name."""


class TemplateChanged(Exception):  # noqa: N818 - the same
    """Somebody else saved the template meanwhile."""


@dataclass(frozen=True, slots=True)
class ReplyTemplate:
    """A reply that is written often."""

    template_id: str
    structure_code: str
    """The part of the tree it is for, or `EVERYTHING`."""
    name: str
    text: str
    version: int
    """The version that was read; 0 for a new one."""
    structure_name: str = ""


async def offered(connection: Connection, holder_code: str, *, on: date) -> list[ReplyTemplate]:
    """Templates of the parts of the tree that this structure lies in, by name."""
    above = [*await lineage(connection, holder_code, on=on), EVERYTHING]
    return await _of(connection, above)


async def editable(connection: Connection, part: Collection[str] | None) -> list[ReplyTemplate]:
    """Templates of a part of the tree, by name; None: all of them, those for the whole tree too."""
    if part is None:
        rows = await connection.fetch(_COLUMNS + "ORDER BY lower(reply_templates.name), template_id")
        return [ReplyTemplate(**dict(row)) for row in rows]
    return await _of(connection, part)


async def template(connection: Connection, template_id: str) -> ReplyTemplate | None:
    """One template."""
    row = await connection.fetchrow(_COLUMNS + "WHERE template_id = $1::uuid", template_id)
    return None if row is None else ReplyTemplate(**dict(row))


async def save_template(connection: Connection, wanted: ReplyTemplate, *, actor: str, now: datetime) -> None:
    """Create it, or change the version that was read, with its trace. Raises `NameTaken` or `TemplateChanged`.

    A new one that was saved already, by a double click, is left as it is.
    """
    try:
        done = await connection.execute(
            _SAVE,
            wanted.template_id,
            wanted.structure_code,
            wanted.name,
            wanted.text,
            wanted.version,
            now,
        )
    except asyncpg.UniqueViolationError:
        raise NameTaken from None
    if done.endswith(" 0"):
        stored = await template(connection, wanted.template_id)
        if stored is not None and (stored.name, stored.text) == (wanted.name, wanted.text):
            return
        raise TemplateChanged
    await acts.record(connection, Act(actor, Action.TEMPLATE_SAVED, now, subject=wanted.template_id))


async def remove_template(connection: Connection, template_id: str, *, actor: str, now: datetime) -> None:
    """Delete it with its trace; drafts that it was put into keep its words."""
    done = await connection.execute("DELETE FROM reply_templates WHERE template_id = $1::uuid", template_id)
    if done.endswith(" 1"):
        await acts.record(connection, Act(actor, Action.TEMPLATE_REMOVED, now, subject=template_id))


async def _of(connection: Connection, codes: Collection[str]) -> list[ReplyTemplate]:
    rows = await connection.fetch(
        _COLUMNS + "WHERE structure_code = ANY ($1::text[]) ORDER BY lower(reply_templates.name), template_id",
        list(codes),
    )
    return [ReplyTemplate(**dict(row)) for row in rows]
