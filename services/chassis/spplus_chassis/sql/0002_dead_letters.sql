-- What became of a dead letter. The first reason stays for ever; a later attempt leaves its own beside it.
ALTER TABLE dead_letters
    ADD COLUMN resolution text,          -- replayed, dropped or expired; null: it waits
    ADD COLUMN resolved_at timestamptz,
    ADD COLUMN dropped_because text,     -- closed code given by the operator
    ADD COLUMN last_reason text,         -- why the latest replay was refused
    ADD COLUMN last_detail text,
    ADD COLUMN last_tried_at timestamptz,
    ADD CONSTRAINT dead_letters_resolution CHECK (
        resolution IS NULL AND resolved_at IS NULL
        OR resolution IN ('replayed', 'dropped', 'expired') AND resolved_at IS NOT NULL
    );
CREATE INDEX dead_letters_waiting ON dead_letters (refused_at) WHERE resolution IS NULL;
CREATE INDEX dead_letters_resolved ON dead_letters (resolved_at) WHERE resolution IS NOT NULL;
