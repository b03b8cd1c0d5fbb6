-- Which places of a story's words the public does not read, and the queue of those who decide.
ALTER TABLE feedbacks
    -- [{"field", "start", "end", "kind"}], in code points: what is public follows from the words and these places alone
    ADD COLUMN masks jsonb NOT NULL DEFAULT '[]',
    -- grows with each act of a moderator, so that of two at once the second is told
    ADD COLUMN moderation_version integer NOT NULL DEFAULT 0;

-- A story waits from when it came here: an imported one may tell of years ago.
DROP INDEX feedbacks_to_moderate;
CREATE INDEX feedbacks_to_moderate ON feedbacks (accepted_at, feedback_id)
WHERE moderation = 'pending' AND withdrawn_at IS NULL AND held_at IS NULL;

CREATE INDEX feedbacks_moderated ON feedbacks (moderated_at DESC, feedback_id DESC) WHERE moderated_at IS NOT NULL;
