-- People who sign in: agents, moderators, administrators.
CREATE TABLE accounts (
    account_id uuid PRIMARY KEY,
    login text NOT NULL UNIQUE CHECK (login = lower(login) AND login <> ''), -- a professional e-mail address, or a name
    name text NOT NULL, -- as colleagues read it
    password_hash text, -- Argon2; none for who signs in by a provider only
    -- Set while the password is one that an administrator handed over: until then it opens only the page to change it.
    temporary_until timestamptz,
    -- Until then, the first person whom the provider vouches for by this login becomes this account.
    invited_until timestamptz,
    created_at timestamptz NOT NULL,
    last_signed_in_at timestamptz,
    closed_at timestamptz
);

-- What an account may do, and in which part of the tree; '*' is the whole tree.
CREATE TABLE account_grants (
    account_id uuid NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
    role text NOT NULL CHECK (role IN ('agent', 'moderator', 'administrator')),
    structure_code text NOT NULL,
    granted_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, role, structure_code)
);

CREATE INDEX account_grants_by_structure ON account_grants (structure_code);

-- Who an account is at an OpenID Connect provider: never its address there, which may be given to somebody else.
CREATE TABLE account_identities (
    issuer text NOT NULL,
    subject text NOT NULL,
    account_id uuid NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
    linked_at timestamptz NOT NULL,
    PRIMARY KEY (issuer, subject),
    UNIQUE (account_id, issuer)
);

-- Who is signed in. The cookie is 256 random bits; only its hash is here.
CREATE TABLE sessions (
    session_hash bytea PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
    secure boolean NOT NULL, -- given by a cookie that travels encrypted only: under no other name it is taken
    opened_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL, -- to the minute
    idle_seconds integer NOT NULL CHECK (idle_seconds > 0),
    expires_at timestamptz NOT NULL, -- however busy it is
    id_token text -- what the provider wants to see when its own session is to end
);

CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX sessions_by_age ON sessions (expires_at);
