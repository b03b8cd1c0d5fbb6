-- The agent's desk: indexes that its list walks, the words it searches, drafts and reply templates.

-- One walk per structure, soonest due first; held stories are left out by their id
-- without reading the row. An index answers alone only if it holds the plain column beside the expression on it.
CREATE INDEX requests_at_desk ON requests (
    holder_code, status, coalesce(due_at, 'infinity'::timestamptz), request_id
) INCLUDE (feedback_id, due_at) WHERE answer_expected;
DROP INDEX requests_by_holder;

-- For whoever answers for the whole tree.
CREATE INDEX requests_waiting_by_due ON requests (coalesce(due_at, 'infinity'::timestamptz), request_id)
INCLUDE (feedback_id, due_at) WHERE answer_expected AND status = 'waiting';

-- Answers, latest first.
CREATE INDEX requests_answered_at_desk ON requests (holder_code, answered_at, request_id)
INCLUDE (feedback_id) WHERE answer_expected AND status = 'answered';
CREATE INDEX requests_answered_by_time ON requests (answered_at, request_id)
INCLUDE (feedback_id) WHERE answer_expected AND status = 'answered';

-- Case and accents do not matter, neither in a story nor in a search.
CREATE FUNCTION desk_folded(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN translate(
    replace(replace(lower(words), 'œ', 'oe'), 'æ', 'ae'),
    'àáâãäåçèéêëìíîïñòóôõöùúûüýÿ’',
    'aaaaaaceeeeiiiinooooouuuuyy'''
);

-- The words of a story as an agent reads them: what a moderator masked is neither shown nor found.
CREATE FUNCTION desk_words(
    moderation text, title text, story text, suggestion text,
    public_title text, public_story text, public_suggestion text
) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_tsvector(
    'pg_catalog.french',
    desk_folded(
        CASE
            WHEN moderation = 'published'
                THEN coalesce(public_title, '') || ' ' || coalesce(public_story, '') || ' '
                    || coalesce(public_suggestion, '')
            ELSE coalesce(title, '') || ' ' || coalesce(story, '') || ' ' || coalesce(suggestion, '')
        END
    )
);

CREATE INDEX feedbacks_by_desk_words ON feedbacks USING gin (
    desk_words(moderation, title, story, suggestion, public_title, public_story, public_suggestion)
);

-- What an agent is writing. Never an event, never shown to the author of the story.
CREATE TABLE drafts (
    request_id uuid NOT NULL REFERENCES requests (request_id),
    account_id uuid NOT NULL,
    text text NOT NULL,
    state text NOT NULL, -- what had been said about the request when it was written
    saved_at timestamptz NOT NULL,
    PRIMARY KEY (request_id, account_id)
);

-- Replies that a part of the tree writes often; '*' is the whole tree.
CREATE TABLE reply_templates (
    template_id uuid PRIMARY KEY,
    structure_code text NOT NULL,
    name text NOT NULL,
    text text NOT NULL,
    version integer NOT NULL,
    changed_at timestamptz NOT NULL
);

CREATE UNIQUE INDEX reply_templates_by_part ON reply_templates (structure_code, lower(name));
