-- How often somebody tried to sign in, within a quarter of an hour. What was typed, and from where, cannot be read back:
-- only keyed hashes are kept, and the key of a day is deleted two days later.
CREATE TABLE sign_in_attempts (
    bucket bytea NOT NULL,
    began_at timestamptz NOT NULL,
    attempts integer NOT NULL,
    PRIMARY KEY (bucket, began_at)
);

CREATE INDEX sign_in_attempts_by_age ON sign_in_attempts (began_at);

CREATE TABLE sign_in_salts (
    day date PRIMARY KEY,
    salt bytea NOT NULL
);
