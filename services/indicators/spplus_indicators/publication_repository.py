"""SQL of the publisher: from marks to the queue, from the queue to figures."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from spplus_chassis.database import Connection
from spplus_contracts.vocabulary import EPOCH, PeriodKind
from spplus_indicators.figures import LONGER_KINDS, FigureKey, Place, Published, Revision, Target
from spplus_indicators.history_repository import kept
from spplus_indicators.measures import family
from spplus_indicators.periods import Span

_UNITED = """
ON CONFLICT (structure_code, month, longer) DO UPDATE SET measures = (
    SELECT array_agg(DISTINCT measure ORDER BY measure) FROM unnest(queue.measures || excluded.measures) AS measure
)
"""
_ENQUEUE = f"""
INSERT INTO publication_queue AS queue (structure_code, month, longer, measures, not_before)
SELECT structure_code, month, longer, string_to_array(measures, ' '),
    CASE WHEN longer THEN longer_not_before ELSE not_before END
FROM unnest($1::text[], $2::date[], $3::text[], $4::timestamptz[], $5::timestamptz[])
    AS given (structure_code, month, measures, not_before, longer_not_before)
CROSS JOIN (VALUES (false), (true)) AS periods (longer)
{_UNITED}WHERE NOT queue.measures @> excluded.measures
"""  # noqa: S608 - a clause of ours
# Months first: longer periods take what room they leave, and never less than a quarter.
_DEQUEUE = """
WITH months AS (
    SELECT structure_code, month, longer FROM publication_queue
    WHERE NOT longer AND not_before <= $1 ORDER BY not_before LIMIT $2
), longer_ones AS (
    SELECT structure_code, month, longer FROM publication_queue
    WHERE longer AND not_before <= $1 ORDER BY not_before
    LIMIT greatest($2 / 4, ($2 - (SELECT count(*) FROM months)) / 2, 1)
)
DELETE FROM publication_queue AS queue
USING (SELECT * FROM months UNION ALL SELECT * FROM longer_ones) AS due
WHERE queue.structure_code = due.structure_code AND queue.month = due.month AND queue.longer = due.longer
RETURNING queue.structure_code, queue.month, queue.measures, queue.longer
"""
_NEXT = "SELECT min(not_before) FROM publication_queue"
# Figures learnt back from the bus wait until their events have been read again.
_ENDED = """
SELECT structure_code, period_start, array_agg(DISTINCT indicator_code)
FROM figures WHERE provisional AND period_end <= $1 AND period_kind <> 'rolling_12' AND EXISTS (
    SELECT FROM tallies AS tally
    WHERE tally.structure_code = figures.structure_code
        AND tally.month >= figures.period_start AND tally.month < figures.period_end
)
GROUP BY structure_code, period_start ORDER BY structure_code, period_start LIMIT $2
"""
_LEFT_BEHIND = """
SELECT structure_code, array_agg(DISTINCT indicator_code)
FROM figures WHERE provisional AND period_end < $1 AND period_kind = 'rolling_12' AND EXISTS (
    SELECT FROM tallies AS tally WHERE tally.structure_code = figures.structure_code
)
GROUP BY structure_code ORDER BY structure_code LIMIT $2
"""
_ENTERED = f"""
WITH before AS (SELECT window_end FROM progress WHERE window_end < $1 FOR UPDATE),
moved AS (UPDATE progress SET window_end = $1 FROM before WHERE progress.window_end < $1)
INSERT INTO publication_queue AS queue (structure_code, month, longer, measures, not_before)
SELECT tally.structure_code, tally.month, true, $3::text[], $4
FROM before
JOIN tallies AS tally ON tally.month >= greatest(before.window_end, $2) AND tally.month < $1
JOIN structures ON structures.code = tally.structure_code
{_UNITED}RETURNING structure_code
"""  # noqa: S608 - the same
_FIGURES = """
SELECT figure.structure_code, figure.indicator_code, figure.period_kind, figure.period_start, figure.revision,
    figure.status, figure.n, figure.value, figure.numerator, figure.denominator, figure.interval_low,
    figure.interval_high, figure.method_version, figure.provisional, figure.period_end
FROM figures AS figure
JOIN unnest($1::text[], $2::text[], $3::date[]) AS wanted (structure_code, period_kind, period_start)
    ON figure.structure_code = wanted.structure_code AND figure.period_kind = wanted.period_kind
    AND figure.period_start = wanted.period_start
"""
_SAVE = """
INSERT INTO figures AS figure (structure_code, indicator_code, period_kind, period_start, revision, status, n, value,
    numerator, denominator, interval_low, interval_high, method_version, provisional, period_end, computed_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::date[], $5::int[], $6::text[], $7::bigint[],
    $8::float8[], $9::float8[], $10::float8[], $11::float8[], $12::float8[], $13::int[], $14::boolean[], $15::date[],
    $16::timestamptz[])
ON CONFLICT (structure_code, period_kind, period_start, indicator_code) DO UPDATE
SET revision = excluded.revision, status = excluded.status, n = excluded.n, value = excluded.value,
    numerator = excluded.numerator, denominator = excluded.denominator, interval_low = excluded.interval_low,
    interval_high = excluded.interval_high, method_version = excluded.method_version,
    provisional = excluded.provisional, period_end = excluded.period_end, computed_at = excluded.computed_at
WHERE figure.revision < excluded.revision
"""
_UNDECLARED = """
INSERT INTO undeclared (structure_code, first_seen_at) SELECT code, $2 FROM unnest($1::text[]) AS code
ON CONFLICT DO NOTHING
"""
_TREE = "SELECT tree_version, tree_on FROM progress FOR SHARE"
_LARGE = """
SELECT ancestor, count(DISTINCT descendant) - 1 FROM closure GROUP BY ancestor HAVING count(DISTINCT descendant) > 1
"""


async def enqueue(
    connection: Connection,
    targets: Mapping[tuple[str, date], set[str]],
    times: Sequence[datetime],
    longer_times: Sequence[datetime] | None = None,
) -> None:
    """Put targets into the queue, each not before its time; one that waits already keeps its time.

    The longer periods of a target may have times of their own.
    """
    await connection.execute(
        _ENQUEUE,
        [place[0] for place in targets],
        [place[1] for place in targets],
        [" ".join(sorted(measures)) for measures in targets.values()],
        times,
        times if longer_times is None else longer_times,
    )


async def enqueue_now(connection: Connection, changed: Mapping[tuple[str, date], Iterable[str]]) -> None:
    """Queue places whose measures changed, before all that waits for its time."""
    targets = {place: {family(measure) for measure in measures} for place, measures in sorted(changed.items())}
    await enqueue(connection, targets, [EPOCH] * len(targets))


async def dequeue(connection: Connection, now: datetime, limit: int) -> list[Target]:
    """Take the targets whose time has come, the longest waiting first."""
    rows = await connection.fetch(_DEQUEUE, now, limit)
    return [Target(row[0], row[1], frozenset(row[2]), LONGER_KINDS if row[3] else (PeriodKind.MONTH,)) for row in rows]


async def queued(connection: Connection) -> dict[tuple[str, date], set[str]]:
    """All that waits, whenever its time comes."""
    rows = await connection.fetch("SELECT structure_code, month, measures FROM publication_queue")
    waiting: dict[tuple[str, date], set[str]] = {}
    for structure, month, measures in rows:
        waiting.setdefault((structure, month), set()).update(measures)
    return waiting


async def next_time(connection: Connection) -> datetime | None:
    """When the next target may be published; none when nothing waits."""
    instant: datetime | None = await connection.fetchval(_NEXT)
    return instant


async def ended_periods(connection: Connection, today: date, limit: int) -> list[tuple[str, date, list[str]]]:
    """Structure, first month and indicators of provisional figures whose period is over."""
    return [(row[0], row[1], list(row[2])) for row in await connection.fetch(_ENDED, today, limit)]


async def left_behind(connection: Connection, window_end: date, limit: int) -> list[tuple[str, list[str]]]:
    """Structure and indicators of rolling figures whose window ends before the latest one does."""
    return [(row[0], list(row[1])) for row in await connection.fetch(_LEFT_BEHIND, window_end, limit)]


async def enqueue_entered(connection: Connection, window: Span, measures: Iterable[str], now: datetime) -> int:
    """Queue, once for each window, the months that came into it and hold counts already; returns how many places."""
    rows = await connection.fetch(_ENTERED, window.end, window.start, sorted(measures), now)
    return len(rows)


async def figures_of(connection: Connection, places: Sequence[Place]) -> dict[FigureKey, Published]:
    """The figures that stand at these places."""
    rows = await connection.fetch(
        _FIGURES,
        [place.structure_code for place in places],
        [str(place.span.kind) for place in places],
        [place.key_start for place in places],
    )
    return {(row[0], row[1], row[2], row[3]): Published(*row[4:]) for row in rows}


async def save_figures(connection: Connection, revisions: Sequence[Revision], *, learnt: bool = False) -> None:
    """Write figures and keep them in the history; a revision never goes back.

    `learnt` figures were read back from the bus: the history then says that what stood before them is not known here.
    """
    columns: list[list[object]] = [[] for _ in range(16)]
    for key, figure, computed_at in revisions:
        for column, value in zip(columns, (*key, *figure, computed_at), strict=True):
            column.append(value)
    await connection.execute(kept(_SAVE, learnt=learnt), *columns)


async def note_undeclared(connection: Connection, codes: Sequence[str], now: datetime) -> None:
    """Remember since when a structure has been spoken of without being declared."""
    if codes:
        await connection.execute(_UNDECLARED, sorted(codes), now)


async def tree_version(connection: Connection) -> tuple[int, date]:
    """The version of the tree and the day that it stands for; neither changes until the end of the transaction."""
    ((version, day),) = await connection.fetch(_TREE)
    return version, day


async def descendant_counts(connection: Connection) -> dict[str, int]:
    """How many structures are below each that has any."""
    return {row[0]: row[1] for row in await connection.fetch(_LARGE)}
