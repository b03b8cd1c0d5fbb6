-- What protects the doors. Unlogged: nothing of it reaches the write-ahead log or a standby, a crash empties it.

-- One random salt a day, deleted the day after: no count can be traced back to an address once it is gone.
CREATE UNLOGGED TABLE daily_salts (
    day date PRIMARY KEY,
    salt bytea NOT NULL
);

-- Stories of an hour by subject: a keyed hash of an address, or of words about one structure.
CREATE UNLOGGED TABLE hourly_counts (
    subject bytea NOT NULL,
    hour timestamptz NOT NULL,
    stories integer NOT NULL,
    PRIMARY KEY (subject, hour)
);

CREATE INDEX hourly_counts_by_age ON hourly_counts (hour);

-- Secrets that the replicas of this service share unless a setting gives them.
CREATE TABLE service_secrets (
    name text PRIMARY KEY,
    secret bytea NOT NULL
);
