"""Reading the audit trail, as far as it is about one's own part of the tree."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from spplus_chassis.database import Connection

_MINE: Final = """
SELECT account_id::text FROM accounts WHERE $1::text[] IS NULL OR EXISTS (
    SELECT FROM account_grants AS held
    WHERE held.account_id = accounts.account_id AND held.structure_code = ANY ($1::text[])
)
"""
_ACTS: Final = f"""
WITH mine AS MATERIALIZED ({_MINE})
SELECT act_id, at, actor, action, feedback_id::text, request_id::text, subject, detail::text,
(SELECT name FROM accounts WHERE actor = 'account:' || account_id AND account_id::text IN (SELECT * FROM mine))
AS actor_name,
(SELECT name FROM accounts WHERE subject = account_id::text AND account_id::text IN (SELECT * FROM mine))
AS subject_name
FROM acts
WHERE ($2::bigint IS NULL OR act_id < $2)
AND ($3::text IS NULL OR split_part(action, '.', 1) = $3)
AND ($4::timestamptz IS NULL OR at >= $4) AND ($5::timestamptz IS NULL OR at < $5)
AND ($6::text IS NULL OR ($6 IN (SELECT * FROM mine) AND (subject = $6 OR actor = 'account:' || $6)))
AND ($1::text[] IS NULL
    OR detail ->> 'holder' = ANY ($1)
    OR CASE split_part(action, '.', 1)
        WHEN 'account' THEN subject IN (SELECT * FROM mine)
            AND (detail ->> 'structure' IS NULL OR detail ->> 'structure' = ANY ($1))
        WHEN 'key' THEN EXISTS (SELECT FROM api_keys WHERE id::text = subject AND structure_code = ANY ($1))
        WHEN 'source' THEN EXISTS (SELECT FROM sources WHERE code = subject AND structure_codes <@ $1)
        WHEN 'template' THEN detail ->> 'structure' = ANY ($1)
        ELSE EXISTS (
            SELECT FROM requests
            WHERE requests.feedback_id = acts.feedback_id
            AND (acts.request_id IS NULL OR requests.request_id = acts.request_id)
            AND (structure_code = ANY ($1) OR holder_code = ANY ($1))
        )
    END)
ORDER BY act_id DESC LIMIT $7
"""  # noqa: S608 - no input


@dataclass(frozen=True, slots=True)
class Sought:
    """Which lines of the trail."""

    about: str | None = None
    """First word of the action: account, story, request, key, source, template, retention."""
    since: datetime | None = None
    until: datetime | None = None
    """Half-open."""
    account_id: str | None = None
    """Done by or to this account."""
    before: int | None = None
    """Lines older than this one."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the trail."""

    act_id: int
    at: datetime
    actor: str
    action: str
    feedback_id: str | None
    request_id: str | None
    subject: str | None
    detail: str
    actor_name: str | None
    """Of an account in one's own part of the tree."""
    subject_name: str | None


async def trail(connection: Connection, codes: Collection[str] | None, sought: Sought, *, limit: int) -> list[Line]:
    """Lines about these structures, or about all, newest first. Who is of another part has no name here."""
    rows = await connection.fetch(
        _ACTS,
        None if codes is None else list(codes),
        sought.before,
        sought.about,
        sought.since,
        sought.until,
        sought.account_id,
        limit,
    )
    return [Line(**dict(row)) for row in rows]
