-- Trusted extension: the owner of the database may create it without being a superuser.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE structures (
    code text PRIMARY KEY,
    version integer NOT NULL,
    -- The declaration as it was published, without its version; the columns below are read from it.
    declared jsonb NOT NULL,
    name text NOT NULL GENERATED ALWAYS AS (declared ->> 'name') STORED,
    public_name text GENERATED ALWAYS AS (declared ->> 'public_name') STORED,
    network text NOT NULL GENERATED ALWAYS AS (declared ->> 'network') STORED,
    typology text GENERATED ALWAYS AS (declared ->> 'typology') STORED,
    department text GENERATED ALWAYS AS (declared ->> 'department') STORED,
    post_code text GENERATED ALWAYS AS (declared ->> 'post_code') STORED,
    town text GENERATED ALWAYS AS (declared ->> 'town') STORED,
    active boolean NOT NULL GENERATED ALWAYS AS ((declared ->> 'active')::boolean) STORED,
    -- Folded by the service (no accents, no case), so that the index needs no function of an extension.
    search text NOT NULL,
    declared_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX structures_search ON structures USING gin (search gin_trgm_ops);

-- Parents over time; a row without a parent says that the structure is a root from that day on.
CREATE TABLE structure_parents (
    structure_code text NOT NULL REFERENCES structures (code) ON DELETE CASCADE,
    valid_from date NOT NULL,
    parent_code text,
    PRIMARY KEY (structure_code, valid_from)
);

CREATE INDEX structure_parents_by_parent ON structure_parents (parent_code, structure_code);

-- Counts the changes of what the gate keeps in memory: sources and tree. Read with every batch.
CREATE TABLE register_changes (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version bigint NOT NULL
);

INSERT INTO register_changes (version) VALUES (1);
