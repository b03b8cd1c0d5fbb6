-- Who asked for the figures of a structure: a mail each week, and one when a figure changes clearly.

CREATE TABLE mail_subscriptions (
    subscription_id uuid PRIMARY KEY,
    structure_code text COLLATE "C" NOT NULL,
    address_hash bytea NOT NULL CHECK (octet_length(address_hash) = 32), -- HMAC: one subscription for each address
    UNIQUE (structure_code, address_hash),
    state text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'confirmed')),
    sealed_recipient bytea NOT NULL,         -- address and the code of its links
    code_hash bytea NOT NULL UNIQUE CHECK (octet_length(code_hash) = 32),
    asked_at timestamptz NOT NULL DEFAULT now(),
    confirmed_at timestamptz,
    told_week date                           -- the Monday of the last digest that was considered
);
CREATE INDEX mail_subscriptions_confirmed ON mail_subscriptions (subscription_id) WHERE state = 'confirmed';

ALTER TABLE mails ADD COLUMN subscription_id uuid;
ALTER TABLE mails ADD COLUMN parameters text; -- JSON: public figures in words, and the structure's name
CREATE INDEX mails_by_subscription ON mails (subscription_id);
