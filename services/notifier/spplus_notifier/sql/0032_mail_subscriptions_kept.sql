-- Consent to the figures of a structure is asked for again after a year; without an answer the subscription ends.

ALTER TABLE mail_subscriptions ADD COLUMN kept_at timestamptz;   -- when the owner last said to go on
ALTER TABLE mail_subscriptions ADD COLUMN asked_again_at timestamptz;
CREATE INDEX mail_subscriptions_by_consent ON mail_subscriptions (coalesce(kept_at, confirmed_at));
