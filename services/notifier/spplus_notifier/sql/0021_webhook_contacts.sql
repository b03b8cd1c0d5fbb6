-- Who is told by mail that a webhook is not called any more. The operator writes it down with the key.

ALTER TABLE webhook_keys ADD COLUMN sealed_contact bytea;
