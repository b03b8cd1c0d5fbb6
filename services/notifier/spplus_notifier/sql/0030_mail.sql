-- Who asked to be told of an answer, and the mails. Addresses stand here sealed only, and no longer than they are needed.

CREATE TABLE follow_ups (
    follow_up_id uuid PRIMARY KEY,
    ticket_id uuid NOT NULL UNIQUE,          -- the same ticket asks once
    feedback_id text COLLATE "C" NOT NULL,
    state text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'confirmed', 'ended')),
    sealed_recipient bytea,                  -- address and the code of its links; null once ended
    CHECK ((sealed_recipient IS NULL) = (state = 'ended')),
    code_hash bytea NOT NULL UNIQUE CHECK (octet_length(code_hash) = 32),
    asked_at timestamptz NOT NULL DEFAULT now(),
    confirmed_at timestamptz
);
CREATE UNIQUE INDEX follow_ups_confirmed ON follow_ups (feedback_id) WHERE state = 'confirmed';
CREATE INDEX follow_ups_by_story ON follow_ups (feedback_id);
CREATE INDEX follow_ups_by_age ON follow_ups (asked_at);

CREATE TABLE followed_requests (
    follow_up_id uuid NOT NULL REFERENCES follow_ups ON DELETE CASCADE,
    request_id text COLLATE "C" NOT NULL,
    outcome text CHECK (outcome IN ('answered', 'closed', 'moderated')), -- null while it waits
    PRIMARY KEY (follow_up_id, request_id)
);
CREATE INDEX followed_requests_waiting ON followed_requests (request_id) WHERE outcome IS NULL;

-- What ended lately: an answer that arrives between ticket and confirmation is not missed. A ticket is good for a day.
CREATE TABLE ended_requests (
    request_id text COLLATE "C" PRIMARY KEY,
    outcome text NOT NULL CHECK (outcome IN ('answered', 'closed', 'moderated', 'author')),
    heard_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ended_requests_by_age ON ended_requests (heard_at);

-- How often an address was asked for its consent within a day, by an HMAC of it that cannot be read back.
CREATE TABLE opt_in_mails (
    address_hash bytea NOT NULL CHECK (octet_length(address_hash) = 32),
    asked_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX opt_in_mails_by_address ON opt_in_mails (address_hash, asked_at);
CREATE INDEX opt_in_mails_by_age ON opt_in_mails (asked_at);

CREATE TABLE mails (
    mail_id uuid PRIMARY KEY,                -- also its Message-ID
    kind text NOT NULL,                      -- a code: what it says
    cause text COLLATE "C" NOT NULL UNIQUE,  -- what it is sent for: nothing is sent for twice
    follow_up_id uuid,                       -- waiting mails go with it
    sealed_recipient bytea,                  -- null once ended
    state text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'sending', 'sent', 'uncertain', 'bounced', 'given_up', 'dropped')),
    CHECK (sealed_recipient IS NOT NULL OR state NOT IN ('waiting', 'sending')),
    made_at timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0,
    last_reply integer,                      -- SMTP's code
    next_try_at timestamptz NOT NULL DEFAULT now(),
    lease_token bigint NOT NULL DEFAULT 0,
    leased_until timestamptz,
    ended_at timestamptz
);
CREATE INDEX mails_due ON mails (next_try_at) WHERE state = 'waiting';
CREATE INDEX mails_under_way ON mails (leased_until) WHERE state = 'sending';
CREATE INDEX mails_by_age ON mails (made_at);
CREATE INDEX mails_by_follow_up ON mails (follow_up_id);
