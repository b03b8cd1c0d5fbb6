-- The W3C trace context of the request that an event tells of, sent with it as a header. An operator who puts Debezium in
-- the relay's place names this column in `table.fields.additional.placement` (traceparent:header).
ALTER TABLE outbox ADD COLUMN traceparent text;
ALTER TABLE outbox_aside ADD COLUMN traceparent text;
