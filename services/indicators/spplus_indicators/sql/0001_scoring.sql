-- Scoring: the ledger of requests, the tallies it adds up to, what waits for publication, and the figures.
-- Codes are compared byte by byte (COLLATE "C"), the order in which the service sorts the keys that it locks.

-- One row per request or bulk slot: every statement's winner. The ledger is the inbox: a duplicate changes nothing.
CREATE TABLE ledger (
    request_source text COLLATE "C" NOT NULL,
    request_id text COLLATE "C" NOT NULL,
    statements text NOT NULL,             -- compact JSON, see stored.py
    counted text NOT NULL,                -- the cells that this row added to the tallies
    withdrawn boolean NOT NULL,           -- a skeleton that absorbs whatever still comes
    changes_after timestamptz,            -- deadline of a request that is open and not yet due
    PRIMARY KEY (request_source, request_id)
) WITH (fillfactor = 90);
CREATE INDEX ledger_open ON ledger (changes_after) WHERE changes_after IS NOT NULL;

-- Own counts of each structure and Europe/Paris month, by its first day. A count that falls to 0 stays.
CREATE TABLE tallies (
    structure_code text COLLATE "C" NOT NULL,
    month date NOT NULL,
    measure text COLLATE "C" NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (structure_code, month, measure)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

-- Cells that changed and that the publisher has not seen. Append-only; the publisher deletes exactly what it read.
CREATE TABLE marks (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    structure_code text COLLATE "C" NOT NULL,
    month date NOT NULL,
    measures text[] NOT NULL
);

-- What to publish, by structure (ancestors included) and month: marks folded together until their time has come.
CREATE TABLE publication_queue (
    structure_code text COLLATE "C" NOT NULL,
    month date NOT NULL,
    measures text[] NOT NULL,
    not_before timestamptz NOT NULL,
    PRIMARY KEY (structure_code, month)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX publication_queue_by_time ON publication_queue (not_before);

-- The figure that stands under each key.
CREATE TABLE figures (
    structure_code text COLLATE "C" NOT NULL,
    indicator_code text COLLATE "C" NOT NULL,
    period_kind text COLLATE "C" NOT NULL,
    period_start date NOT NULL,
    period_end date NOT NULL,
    revision integer NOT NULL,
    status text NOT NULL,
    n bigint NOT NULL,
    value double precision,
    numerator double precision,
    denominator double precision,
    interval_low double precision,
    interval_high double precision,
    method_version integer NOT NULL,
    provisional boolean NOT NULL,
    computed_at timestamptz NOT NULL,
    PRIMARY KEY (structure_code, period_kind, period_start, indicator_code)
) WITH (fillfactor = 80);
CREATE INDEX figures_open ON figures (period_end) WHERE provisional;

-- Declared structures; parents are kept as declared, those that lie ahead wait for next_change_on.
CREATE TABLE structures (
    code text COLLATE "C" PRIMARY KEY,
    version integer NOT NULL,
    told_at timestamptz NOT NULL,
    told_id text NOT NULL,
    parents jsonb NOT NULL,               -- pairs of first day and parent's code or null
    next_change_on date,
    not_applicable text[] NOT NULL
);
CREATE INDEX structures_changing ON structures (next_change_on) WHERE next_change_on IS NOT NULL;

-- Which structure counts towards which, in the months from since, before until; each declared one towards itself.
CREATE TABLE closure (
    ancestor text COLLATE "C" NOT NULL,
    descendant text COLLATE "C" NOT NULL,
    since date NOT NULL,
    until date NOT NULL,
    PRIMARY KEY (ancestor, descendant, since)
);
CREATE INDEX closure_by_descendant ON closure (descendant);

-- Structures that are spoken of and were never declared: counted, not published.
CREATE TABLE undeclared (
    structure_code text COLLATE "C" PRIMARY KEY,
    first_seen_at timestamptz NOT NULL
);

-- One row: until when passed deadlines are counted, and the state of the tree.
CREATE TABLE progress (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    swept_until timestamptz NOT NULL,
    tree_version bigint NOT NULL,
    tree_on date NOT NULL
);
INSERT INTO progress (swept_until, tree_version, tree_on) VALUES (now(), 0, '0001-01-01');
