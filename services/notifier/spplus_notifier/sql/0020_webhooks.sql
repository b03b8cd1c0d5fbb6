-- Who is told of which figures by a call to their own address, what waits for them, and what was sent.

CREATE TABLE webhook_keys (
    key_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    key_hash bytea NOT NULL UNIQUE CHECK (octet_length(key_hash) = 32),
    structure_code text COLLATE "C",         -- root of the part of the tree that it may ask for; null: all
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);

CREATE TABLE webhooks (
    webhook_id uuid PRIMARY KEY,
    key_id bigint NOT NULL REFERENCES webhook_keys,
    url text NOT NULL,
    structure_code text COLLATE "C",         -- this structure and all below it
    indicator_code text COLLATE "C",
    engagement text,
    period_kind text,
    CHECK (num_nonnulls(structure_code, indicator_code, engagement, period_kind) > 0),
    sealed_secret bytea NOT NULL,
    sealed_old_secret bytea,                 -- signs as well until it ends
    old_secret_ends_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled', 'deleted')),
    disabled_for text,                       -- a code: why it is disabled
    disabled_at timestamptz,
    failures integer NOT NULL DEFAULT 0,     -- one after the other, up to now
    failing_since timestamptz,
    next_call_at timestamptz NOT NULL DEFAULT now(),
    -- One call at a time: who holds the lease calls, and a lease that was taken over has another token.
    lease_token bigint NOT NULL DEFAULT 0,
    leased_until timestamptz
);
CREATE INDEX webhooks_by_key ON webhooks (key_id);
CREATE INDEX webhooks_due ON webhooks (next_call_at) WHERE state = 'active';

-- One row per webhook and figure: a newer revision takes the place of one that still waits.
CREATE TABLE webhook_pending (
    webhook_id uuid NOT NULL REFERENCES webhooks,
    figure_key text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,                     -- of the newest change that waits
    waits_since timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (webhook_id, figure_key)
);
CREATE INDEX webhook_pending_in_order ON webhook_pending (webhook_id, seq);

-- A message, frozen when it is first sent: tried again, it says the same under the same id.
CREATE TABLE webhook_messages (
    message_id uuid PRIMARY KEY,
    webhook_id uuid NOT NULL REFERENCES webhooks,
    kind text NOT NULL CHECK (kind IN ('figures', 'test')),
    figure_keys text[] NOT NULL,
    body text,                               -- null once the message was delivered or given up
    made_at timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0,
    last_tried_at timestamptz,
    last_outcome text,                       -- a code
    last_status integer,
    ended_at timestamptz,
    delivered boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX webhook_messages_open ON webhook_messages (webhook_id) WHERE ended_at IS NULL;
CREATE INDEX webhook_messages_log ON webhook_messages (webhook_id, message_id DESC);
CREATE INDEX webhook_messages_by_age ON webhook_messages (ended_at);

-- Up to where the log of changes was spread over the webhooks. Whoever holds this row spreads.
CREATE TABLE webhook_fan_out (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    reached_seq bigint NOT NULL
);
INSERT INTO webhook_fan_out (reached_seq) SELECT last_seq FROM change_log;
