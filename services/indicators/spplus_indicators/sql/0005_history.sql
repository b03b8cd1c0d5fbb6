-- Every revision as it was published, beside `figures`, which holds the one that stands. Written by the statement that
-- writes `figures`. Periods that were open are thinned to one revision a Paris day (see history_repository.py).
CREATE TABLE history (
    LIKE figures,
    -- Between this instant and computed_at stood revisions that are not kept: thinned, or lost with a database.
    unknown_since timestamptz
);
INSERT INTO history
SELECT figures.*, CASE WHEN revision > 1 THEN '-infinity'::timestamptz END FROM figures;
CREATE INDEX history_by_structure ON history (structure_code, computed_at);
CREATE INDEX history_by_time ON history USING brin (computed_at) WITH (pages_per_range = 32, autosummarize = on);

-- Instants that were given a name: thinning keeps what stood then.
CREATE TABLE snapshots (
    name text COLLATE "C" PRIMARY KEY,
    as_of timestamptz NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT now()
);

-- One row: the first Paris day whose revisions have not been thinned; none before the first time.
CREATE TABLE history_thinning (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    next_day date
);
INSERT INTO history_thinning DEFAULT VALUES;
