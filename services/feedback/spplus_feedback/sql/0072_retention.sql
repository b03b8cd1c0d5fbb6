-- One run of the daily retention a day, whichever replica comes first.
CREATE TABLE retention_runs (
    day date PRIMARY KEY, -- Europe/Paris
    began_at timestamptz NOT NULL,
    ended_at timestamptz
);
