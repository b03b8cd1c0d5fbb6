-- Why a story was kept back; stays when a moderator lets it through, so that the rules can be judged.
ALTER TABLE feedbacks ADD COLUMN held_for text;

-- What would have been told of a story that is kept back, in the very bytes: told when a moderator lets it through.
CREATE TABLE held_events (
    id text PRIMARY KEY,
    feedback_id uuid NOT NULL REFERENCES feedbacks (feedback_id),
    position integer NOT NULL,
    topic text NOT NULL,
    key text NOT NULL,
    type text NOT NULL,
    source text NOT NULL,
    "time" timestamptz NOT NULL,
    payload bytea NOT NULL
);

CREATE INDEX held_events_by_feedback ON held_events (feedback_id, position);
CREATE INDEX feedbacks_held ON feedbacks (held_at, feedback_id) WHERE held_at IS NOT NULL AND withdrawn_at IS NULL;
