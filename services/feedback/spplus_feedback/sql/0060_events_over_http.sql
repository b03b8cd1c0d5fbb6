-- What other systems sent over HTTP and we took: the same id again is a repetition or a mistake, never a second event.
CREATE TABLE taken_events (
    source text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    said_hash bytea NOT NULL, -- of what was said, never of its order
    taken_at timestamptz NOT NULL,
    PRIMARY KEY (source, event_id)
);

CREATE INDEX taken_events_by_age ON taken_events (taken_at);

-- How many events of a source met which fate at which door. A source that was never registered may stand here too.
CREATE TABLE source_counts (
    source text NOT NULL,
    door text NOT NULL CHECK (door IN ('http', 'bus')),
    verdict text NOT NULL, -- accepted, duplicate, or the reason of the refusal
    day date NOT NULL, -- Europe/Paris
    events bigint NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (source, door, verdict, day)
);

ALTER TABLE api_keys
    ADD COLUMN source text REFERENCES sources (code), -- the system that the key speaks for
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN replaced_by bigint REFERENCES api_keys (id); -- the key that takes its place
