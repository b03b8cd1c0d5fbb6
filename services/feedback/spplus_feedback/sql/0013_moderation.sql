-- What was decided about a story's words, and what the public reads of them.
ALTER TABLE feedbacks
    ADD COLUMN moderation text NOT NULL DEFAULT 'pending'
    CHECK (moderation IN ('pending', 'published', 'rejected', 'wordless')),
    ADD COLUMN moderated_at timestamptz,
    ADD COLUMN rejected_for text, -- a code of a closed list, told to the author
    ADD COLUMN public_title text, -- the words as the public reads them: what was personal is masked
    ADD COLUMN public_story text,
    ADD COLUMN public_suggestion text,
    -- Set while a story is kept back as a probable abuse: no event told of it yet, nobody but a moderator sees it.
    ADD COLUMN held_at timestamptz,
    ADD CONSTRAINT only_what_is_published_is_public
    CHECK (
        moderation = 'published' OR (public_title IS NULL AND public_story IS NULL AND public_suggestion IS NULL)
    ),
    ADD CONSTRAINT withdrawn_is_not_public
    CHECK (
        withdrawn_at IS NULL OR (public_title IS NULL AND public_story IS NULL AND public_suggestion IS NULL)
    );

UPDATE feedbacks SET moderation = 'wordless'
WHERE title IS NULL AND story IS NULL AND suggestion IS NULL;

CREATE INDEX feedbacks_to_moderate ON feedbacks (submitted_at, feedback_id)
WHERE moderation = 'pending' AND withdrawn_at IS NULL;

-- Who did what, when: appended to, never changed. Holds codes and identifiers, never a word that somebody wrote.
CREATE TABLE acts (
    act_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL, -- 'account:<id>', 'key:<id>', 'author' or 'platform'
    action text NOT NULL, -- a code of a closed list
    feedback_id uuid,
    request_id uuid,
    subject text, -- what else it was done to: an account, a key, a source
    detail jsonb NOT NULL DEFAULT '{}'
);

CREATE INDEX acts_by_feedback ON acts (feedback_id, at) WHERE feedback_id IS NOT NULL;
CREATE INDEX acts_by_age ON acts (at);
