-- Tables that every service has in its own database.

-- Columns named as Debezium's outbox event router expects, so that an operator may swap it in for the relay.
CREATE TABLE outbox (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL,
    aggregatetype text NOT NULL, -- topic
    aggregateid text NOT NULL,   -- key
    type text NOT NULL,
    source text NOT NULL,
    "time" timestamptz NOT NULL,
    payload bytea,
    headers jsonb                -- given only for copies of refused records: pairs of name and base64 or null
);

-- Rows that the broker can never take; an operator decides.
CREATE TABLE outbox_aside (LIKE outbox, reason text NOT NULL, aside_at timestamptz NOT NULL DEFAULT now());

CREATE TABLE leases (
    name text PRIMARY KEY,
    holder text NOT NULL,
    token bigint NOT NULL,       -- increases at every take-over
    expires_at timestamptz NOT NULL
);

CREATE TABLE consumer_offsets (
    consumer text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    PRIMARY KEY (consumer, topic, partition)
);

CREATE TABLE dead_letters (
    consumer text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    key bytea,
    value bytea,
    headers jsonb NOT NULL,
    recorded_at timestamptz NOT NULL,
    refused_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, topic, partition, "offset")
);
CREATE INDEX dead_letters_by_time ON dead_letters (refused_at);
