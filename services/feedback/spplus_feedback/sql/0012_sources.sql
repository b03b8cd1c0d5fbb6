-- What each other system may say, and for which part of the tree.
CREATE TABLE sources (
    code text PRIMARY KEY CHECK (code ~ '^[a-z0-9][a-z0-9-]{0,62}$' AND code <> 'spplus'),
    name text NOT NULL,
    active boolean NOT NULL DEFAULT true,
    feedback_kinds text[] NOT NULL,
    single_kinds text[] NOT NULL,
    bulk_kinds text[] NOT NULL,
    structure_codes text[] NOT NULL CHECK (cardinality(structure_codes) > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    -- One by one and as totals: the same requests would be counted twice.
    CHECK (NOT single_kinds && bulk_kinds)
);
