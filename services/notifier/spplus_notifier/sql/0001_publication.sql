-- The publication as it stands, the log of its changes, and what the pages say about each structure.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- One row per key. A removed figure keeps its revision, so that an older one that arrives late stays out.
CREATE TABLE figures (
    figure_key text COLLATE "C" PRIMARY KEY, -- structure|indicator|period kind|period start: sorts by structure
    structure_code text COLLATE "C" NOT NULL,
    indicator_code text COLLATE "C" NOT NULL,
    period_kind text NOT NULL,
    period_start date NOT NULL,
    status text NOT NULL,
    engagements text[] NOT NULL,
    revision integer NOT NULL CHECK (revision > 0),
    data text NOT NULL,                      -- IndicatorComputed, as JSON
    removed_at timestamptz
);
CREATE INDEX figures_by_indicator ON figures (indicator_code, figure_key);

-- Every revision taken, in the order of commit: the live stream reads it upwards, the history by key.
CREATE TABLE changes (
    seq bigint PRIMARY KEY,
    figure_key text COLLATE "C" NOT NULL,
    provisional boolean NOT NULL,
    data text,                               -- null: the figure was removed
    recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX changes_by_figure ON changes (figure_key, seq);
CREATE INDEX changes_by_time ON changes (recorded_at);

-- One row, locked by whoever writes figures: numbers follow the order of commit, so a reader of `seq > last`
-- never skips one.
CREATE TABLE change_log (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    last_seq bigint NOT NULL,
    complete_from bigint NOT NULL            -- from here on every change is still in the log
);
INSERT INTO change_log (last_seq, complete_from) VALUES (0, 1);

CREATE TABLE structures (
    code text COLLATE "C" PRIMARY KEY,
    version integer NOT NULL,
    name text NOT NULL,
    network text NOT NULL,
    typology text,
    department text,
    post_code text,
    town text,
    active boolean NOT NULL,
    closed_on date,
    successor_code text COLLATE "C",
    not_applicable text[] NOT NULL,
    search_text text NOT NULL                -- folded: lower case, no accents
);
CREATE INDEX structures_by_words ON structures USING gin (search_text gin_trgm_ops);
CREATE INDEX structures_by_network ON structures (network, name, code);

-- Who belongs to whom, by half-open spans of days.
CREATE TABLE structure_parents (
    code text COLLATE "C" NOT NULL REFERENCES structures ON DELETE CASCADE,
    parent_code text COLLATE "C",
    valid_from date NOT NULL,
    valid_to date,
    PRIMARY KEY (code, valid_from)
);
CREATE INDEX structure_parents_by_parent ON structure_parents (parent_code);
