"""What subscribers are told by the clock: the digest of a week, and a figure that changed clearly."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from asyncpg import Record

from spplus_chassis.database import Connection
from spplus_chassis.french import PARIS
from spplus_contracts import IndicatorComputed
from spplus_contracts.vocabulary import PeriodKind
from spplus_notifier.mail.weekly import (
    OVERDUE,
    SETTLED_AFTER,
    begins,
    clear_change,
    in_order,
    overdue_line,
    week_line,
)

PAGE_SUBSCRIPTIONS: Final = 100
NOBODY: Final = "00000000-0000-0000-0000-000000000000"
"""Before every subscription."""
_WEEK: Final = timedelta(days=7)
_MONTHS_OF: Final = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3}
_DUE: Final = """
SELECT s.subscription_id::text, s.structure_code, s.sealed_recipient, c.name
FROM mail_subscriptions AS s JOIN structures AS c ON c.code = s.structure_code
WHERE s.state = 'confirmed' AND s.told_week < $1 ORDER BY s.subscription_id LIMIT $2 FOR UPDATE OF s SKIP LOCKED
"""
# Besides what changed, what is overdue: that is told as long as it stands.
_CHANGED: Final = """
SELECT f.structure_code, f.data, (
    SELECT c.data FROM changes AS c
    WHERE c.figure_key = f.figure_key AND c.recorded_at < $2 AND c.data IS NOT NULL ORDER BY c.seq DESC LIMIT 1
) AS before
FROM unnest($1::text[]) AS wanted (code)
JOIN figures AS f ON f.figure_key >= wanted.code || '|' AND f.figure_key < wanted.code || '}'
WHERE f.removed_at IS NULL AND f.period_kind = $4 AND (split_part(f.figure_key, '|', 2) = $5
  OR EXISTS (SELECT FROM changes AS c WHERE c.figure_key = f.figure_key AND c.recorded_at >= $2 AND c.recorded_at < $3)
)
"""
_CONFIRMED: Final = """
SELECT s.subscription_id::text, s.structure_code, s.sealed_recipient, c.name
FROM mail_subscriptions AS s JOIN structures AS c ON c.code = s.structure_code
WHERE s.state = 'confirmed' AND s.confirmed_at < $1 AND s.subscription_id > $2::uuid
  AND NOT EXISTS (SELECT FROM mails WHERE cause = s.subscription_id || $3)
ORDER BY s.subscription_id LIMIT $4 FOR UPDATE OF s
"""
_PAIR: Final = """
SELECT structure_code, period_start, data FROM figures
WHERE structure_code = ANY($1::text[]) AND period_kind = $2 AND period_start = ANY($3::date[]) AND removed_at IS NULL
"""
_MAIL: Final = """
INSERT INTO mails (mail_id, kind, cause, subscription_id, sealed_recipient, parameters)
VALUES (gen_random_uuid(), $1, $2, $3::uuid, $4, $5) ON CONFLICT (cause) DO NOTHING
"""


async def tell_week(connection: Connection, monday: date) -> int:
    """Write digests of the week before this Monday, in the caller's transaction; how many subscriptions were looked at.

    One for each subscription and week, whoever runs it; none where no figure changed and no request is overdue.
    """
    due = await connection.fetch(_DUE, monday, PAGE_SUBSCRIPTIONS)
    since, until = begins(monday - _WEEK), begins(monday)
    codes = sorted({row["structure_code"] for row in due})
    found = await connection.fetch(_CHANGED, codes, since, until, PeriodKind.ROLLING_12.value, OVERDUE)
    lines = _week_lines(found)
    for row in due:
        if said := lines.get(row["structure_code"]):
            overdue, changed = said.pop(OVERDUE, None), in_order(said)
            await _write(connection, "digest", f"|week|{monday}", row, lines=changed, overdue=overdue)
    done = [row["subscription_id"] for row in due]
    await connection.execute(
        "UPDATE mail_subscriptions SET told_week = $2 WHERE subscription_id = ANY($1::uuid[])", done, monday
    )
    return len(due)


async def tell_changes(connection: Connection, kind: PeriodKind, now: datetime, after: str) -> str | None:
    """Write alerts about the last closed period of a kind, for one page of subscriptions after an id; the last id.

    One mail for each subscription and period; none to whoever subscribed after the period had settled.
    """
    last, before = closed_periods(kind, now)
    settled = datetime.combine(_next(last, _MONTHS_OF[kind]), datetime.min.time(), PARIS) + SETTLED_AFTER
    cause = f"|change|{kind.value}|{last}"
    page = await connection.fetch(_CONFIRMED, settled, after, cause, PAGE_SUBSCRIPTIONS)
    codes = sorted({row["structure_code"] for row in page})
    found = await connection.fetch(_PAIR, codes, kind.value, [last, before])
    lines = _change_lines(found, last, before)
    for row in page:
        if said := lines.get(row["structure_code"]):
            await _write(connection, "significant", cause, row, lines=in_order(said))
    return page[-1]["subscription_id"] if len(page) == PAGE_SUBSCRIPTIONS else None


def closed_periods(kind: PeriodKind, now: datetime) -> tuple[date, date]:
    """First days of the last period that closed and settled, and of the one before."""
    today = (now - SETTLED_AFTER).astimezone(PARIS).date()
    months = _MONTHS_OF[kind]
    current = date(today.year, (today.month - 1) // months * months + 1, 1)
    last = _next(current, -months)
    return last, _next(last, -months)


def _next(start: date, months: int) -> date:
    count = start.year * 12 + start.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


_Lines = dict[str, dict[str, str]]
"""What is said of each structure, by indicator."""


def _week_lines(rows: Iterable[Record]) -> _Lines:
    said: _Lines = defaultdict(dict)
    for row in rows:
        figure, before = _read(row["data"]), None if row["before"] is None else _read(row["before"])
        line = (overdue_line if figure.indicator_code == OVERDUE else week_line)(figure, before)
        if line is not None:
            said[row["structure_code"]][figure.indicator_code] = line
    return said


def _change_lines(rows: Iterable[Record], last: date, before: date) -> _Lines:
    figures: dict[tuple[str, str], dict[date, IndicatorComputed]] = defaultdict(dict)
    for row in rows:
        figure = _read(row["data"])
        figures[row["structure_code"], figure.indicator_code][row["period_start"]] = figure
    said: _Lines = defaultdict(dict)
    for (structure, indicator), pair in figures.items():
        line = clear_change(pair[last], pair[before]) if {last, before} <= pair.keys() else None
        if line is not None:
            said[structure][indicator] = line
    return said


async def _write(
    connection: Connection, kind: str, cause: str, row: Record, **said: str | Sequence[str] | None
) -> None:
    told = json.dumps({"code": row["structure_code"], "name": row["name"], **said})
    subscription = row["subscription_id"]
    await connection.execute(_MAIL, kind, subscription + cause, subscription, row["sealed_recipient"], told)


def _read(data: str) -> IndicatorComputed:
    return IndicatorComputed.read_json(data.encode())
