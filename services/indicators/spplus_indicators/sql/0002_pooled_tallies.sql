-- Tallies become one row per structure and month that holds own counts and those pooled with all descendants, and
-- marks carry the differences. Intake only appends; the publisher alone adds the marks up, for a structure and its
-- ancestors at once, so that the figure of a root reads twelve rows instead of a hundred thousand.

ALTER TABLE tallies RENAME TO tallies_by_measure;
ALTER TABLE tallies_by_measure RENAME CONSTRAINT tallies_pkey TO tallies_by_measure_pkey;

CREATE TABLE tallies (
    structure_code text COLLATE "C" NOT NULL,
    month date NOT NULL,
    own text NOT NULL,                    -- JSON of counts by measure; a count that falls to 0 stays
    pooled text NOT NULL,                 -- the same with all descendants, by the closure of that month
    PRIMARY KEY (structure_code, month)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

INSERT INTO tallies (structure_code, month, own, pooled)
SELECT structure_code, month, coalesce(own.counts, '{}'), coalesce(pooled.counts, '{}')
FROM (
    SELECT structure_code, month, jsonb_object_agg(measure, count)::text AS counts
    FROM tallies_by_measure GROUP BY structure_code, month
) AS own
FULL JOIN (
    SELECT structure_code, month, jsonb_object_agg(measure, count)::text AS counts
    FROM (
        SELECT closure.ancestor AS structure_code, tally.month, tally.measure, sum(tally.count)::bigint AS count
        FROM closure
        JOIN tallies_by_measure AS tally
            ON tally.structure_code = closure.descendant
            AND tally.month >= closure.since AND tally.month < closure.until
        GROUP BY closure.ancestor, tally.month, tally.measure
    ) AS summed
    GROUP BY structure_code, month
) AS pooled USING (structure_code, month);

-- What waited for the publisher goes into its queue, which keeps what it has: its measures are told again in full.
DELETE FROM publication_queue;
INSERT INTO publication_queue (structure_code, month, measures, not_before)
SELECT tally.structure_code, tally.month, array_agg(DISTINCT measure.name), now()
FROM tallies AS tally
JOIN structures ON structures.code = tally.structure_code
CROSS JOIN LATERAL jsonb_object_keys(tally.pooled::jsonb) AS measure (name)
GROUP BY tally.structure_code, tally.month;

DROP TABLE marks;
DROP TABLE tallies_by_measure;

-- Differences that intake appended and that the publisher has not added up. It deletes exactly what it read.
CREATE TABLE marks (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    structure_code text COLLATE "C" NOT NULL,
    month date NOT NULL,
    counts text NOT NULL                  -- JSON of what to add to each measure of the structure's own counts
) WITH (autovacuum_vacuum_scale_factor = 0.05);
