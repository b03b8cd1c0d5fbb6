"""Writes. Every caller of `next_seq` holds the log's only row until its commit, so there is one writer at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest
from typing import Final

from spplus_chassis.database import Connection
from spplus_contracts import IndicatorComputed, StructureDeclared
from spplus_notifier.folding import fold


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the log."""

    figure_key: str
    provisional: bool
    data: str | None
    """IndicatorComputed as JSON; none where the figure was removed."""


async def lock_log(connection: Connection) -> int:
    """Become the only writer of figures until commit; the number of the last change."""
    seq: int = await connection.fetchval("SELECT last_seq FROM change_log FOR UPDATE")
    return seq


async def revisions_of(connection: Connection, keys: Sequence[str]) -> dict[str, tuple[int, bool]]:
    """Revision of each figure that is known, and whether it has been removed."""
    rows = await connection.fetch(
        "SELECT figure_key, revision, removed_at IS NOT NULL AS removed FROM figures "
        "WHERE figure_key = ANY($1::text[])",
        keys,
    )
    return {row["figure_key"]: (row["revision"], row["removed"]) for row in rows}


async def save_figures(connection: Connection, figures: Mapping[str, tuple[IndicatorComputed, str]]) -> None:
    """Put the current figures, by key. A stored revision that is higher stays."""
    ordered = sorted(figures)
    events = [figures[key][0] for key in ordered]
    await connection.execute(
        _SAVE_FIGURES,
        ordered,
        [event.structure_code for event in events],
        [event.indicator_code for event in events],
        [event.period.kind.value for event in events],
        [event.period.start for event in events],
        [event.status.value for event in events],
        [" ".join(event.engagements) for event in events],
        [event.revision for event in events],
        [figures[key][1] for key in ordered],
    )


_SAVE_FIGURES = """
INSERT INTO figures AS f (figure_key, structure_code, indicator_code, period_kind, period_start, status, engagements,
                          revision, data)
SELECT k, s, i, p, d, st, string_to_array(e, ' '), r, j
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::date[], $6::text[], $7::text[], $8::int[], $9::text[])
     AS u (k, s, i, p, d, st, e, r, j)
ON CONFLICT (figure_key) DO UPDATE SET
    period_start = excluded.period_start, status = excluded.status, engagements = excluded.engagements,
    revision = excluded.revision, data = excluded.data, removed_at = NULL
WHERE f.revision < excluded.revision
"""


async def remove_figures(connection: Connection, keys: Sequence[str]) -> None:
    """Take figures off the publication."""
    await connection.execute("UPDATE figures SET removed_at = now() WHERE figure_key = ANY($1::text[])", sorted(keys))


NEWS: Final = "spplus_changes"
"""Channel on which other processes hear of each commit that changed a figure."""


async def append_changes(connection: Connection, last_seq: int, changes: Sequence[Change]) -> int:
    """Log the changes in the order given, after `last_seq` as read by `lock_log`; the new last number."""
    await connection.execute(
        "INSERT INTO changes (seq, figure_key, provisional, data, recorded_at) "
        "SELECT $1 + n, k, p, j, clock_timestamp() "
        "FROM unnest($2::text[], $3::bool[], $4::text[]) WITH ORDINALITY AS u (k, p, j, n)",
        last_seq,
        [change.figure_key for change in changes],
        [change.provisional for change in changes],
        [change.data for change in changes],
    )
    await connection.execute(
        "WITH moved AS (UPDATE change_log SET last_seq = $1, modified_at = greatest("
        "date_trunc('second', clock_timestamp()), modified_at + interval '1 second') RETURNING 1) "
        "SELECT pg_notify($2, '') FROM moved",
        last_seq + len(changes),
        NEWS,
    )
    return last_seq + len(changes)


async def prune_changes(connection: Connection, *, before: datetime, keep: int) -> int:
    """Thin the log to one change a day of each open period where nobody resumes any more; the number of rows deleted.

    Closed periods keep every revision for the history. A rolling window never closes: the next replaces it under the
    same key, and the last word of each window stays. What is recent is never thinned, so the stream is complete from
    the new bound on.
    """
    last_seq = await lock_log(connection)
    old: int = await connection.fetchval(
        "SELECT coalesce((SELECT min(seq) FROM changes WHERE recorded_at >= $1), $2 + 1)", before, last_seq
    )
    bound = max(old, last_seq - keep + 1)
    await connection.execute("UPDATE change_log SET complete_from = greatest(complete_from, $1)", bound)
    deleted: int = await connection.fetchval(_THIN, bound)
    return deleted


_THIN = """
WITH superseded AS (
    SELECT seq FROM (
        SELECT seq, lead(seq) OVER (
            PARTITION BY figure_key, (recorded_at AT TIME ZONE 'Europe/Paris')::date,
                CASE WHEN figure_key LIKE '%|latest' THEN data::json #>> '{period,start}' END
            ORDER BY seq
        ) AS newer
        FROM changes WHERE seq < $1 AND provisional
    ) AS ranked WHERE newer IS NOT NULL
), gone AS (
    DELETE FROM changes USING superseded WHERE changes.seq = superseded.seq RETURNING 1
)
SELECT count(*) FROM gone
"""


async def save_structures(connection: Connection, structures: Mapping[str, StructureDeclared]) -> None:
    """Put structures by code, each only where its version is higher, with its place in the tree over time."""
    ordered = [structures[code] for code in sorted(structures)]
    saved = await connection.fetch(
        _SAVE_STRUCTURES,
        [structure.code for structure in ordered],
        [structure.version for structure in ordered],
        [structure.public_name or structure.name for structure in ordered],
        [structure.network for structure in ordered],
        [structure.typology for structure in ordered],
        [structure.department for structure in ordered],
        [structure.post_code for structure in ordered],
        [structure.town for structure in ordered],
        [structure.active for structure in ordered],
        [structure.closed_on for structure in ordered],
        [structure.successor_code for structure in ordered],
        [" ".join(structure.not_applicable) for structure in ordered],
        [search_text(structure) for structure in ordered],
    )
    await _save_parents(connection, [structures[row["code"]] for row in saved])
    if saved:
        await connection.execute("UPDATE change_log SET tree_version = tree_version + 1")


_SAVE_STRUCTURES = """
INSERT INTO structures AS s (code, version, name, network, typology, department, post_code, town, active, closed_on,
                             successor_code, not_applicable, search_text)
SELECT c, v, n, w, t, d, p, o, a, x, y, string_to_array(z, ' '), q
FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bool[],
            $10::date[], $11::text[], $12::text[], $13::text[]) AS u (c, v, n, w, t, d, p, o, a, x, y, z, q)
ON CONFLICT (code) DO UPDATE SET
    version = excluded.version, name = excluded.name, network = excluded.network, typology = excluded.typology,
    department = excluded.department, post_code = excluded.post_code, town = excluded.town, active = excluded.active,
    closed_on = excluded.closed_on, successor_code = excluded.successor_code,
    not_applicable = excluded.not_applicable, search_text = excluded.search_text
WHERE s.version < excluded.version
RETURNING code
"""


async def _save_parents(connection: Connection, structures: Sequence[StructureDeclared]) -> None:
    spans = [(structure.code, *span) for structure in structures for span in parent_spans(structure)]
    await connection.execute(
        "DELETE FROM structure_parents WHERE code = ANY($1::text[])", [structure.code for structure in structures]
    )
    await connection.execute(
        "INSERT INTO structure_parents (code, parent_code, valid_from, valid_to) "
        "SELECT * FROM unnest($1::text[], $2::text[], $3::date[], $4::date[])",
        [span[0] for span in spans],
        [span[1] for span in spans],
        [span[2] for span in spans],
        [span[3] for span in spans],
    )


def parent_spans(structure: StructureDeclared) -> list[tuple[str | None, date, date | None]]:
    """Parent, first day and first day after it, for each span; of two links of one day the later stands."""
    links = sorted({link.valid_from: link.parent_code for link in structure.parents}.items())
    ends: list[date | None] = [start for start, _ in links[1:]]
    return [(parent, start, end) for (start, parent), end in zip_longest(links, ends)]


def search_text(structure: StructureDeclared) -> str:
    """All that a person may type to find it, folded."""
    said = (
        structure.public_name,
        structure.name,
        structure.town,
        structure.post_code,
        structure.department,
        structure.network,
        structure.typology,
    )
    return fold(" ".join(part for part in said if part))
