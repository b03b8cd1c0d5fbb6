-- Stories, the requests they make, what became of them. The only place of the platform where texts stand.

CREATE TABLE feedbacks (
    feedback_id uuid PRIMARY KEY,
    code_hash bytea UNIQUE, -- null where nobody holds a follow-up code (imported stories)
    author text NOT NULL,
    proposal boolean NOT NULL,
    title text,
    story text,
    suggestion text,
    submitted_at timestamptz NOT NULL,
    accepted_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    CONSTRAINT withdrawn_keeps_no_text
    CHECK (withdrawn_at IS NULL OR (title IS NULL AND story IS NULL AND suggestion IS NULL))
);

-- One request per structure addressed: it is what figures count and what waits for an answer.
CREATE TABLE requests (
    request_id uuid PRIMARY KEY,
    feedback_id uuid NOT NULL REFERENCES feedbacks (feedback_id),
    position integer NOT NULL,
    structure_code text NOT NULL,
    channels text [] NOT NULL,
    sentiment text,
    engagements text [] NOT NULL,
    submitted_at timestamptz NOT NULL,
    answer_expected boolean NOT NULL,
    own_due_at timestamptz, -- announced at submission, by rule
    -- derived from the statements below
    status text NOT NULL CHECK (status IN ('waiting', 'answered', 'closed', 'withdrawn')),
    holder_code text NOT NULL,
    due_at timestamptz, -- the first promise, the one that counts
    promised_at timestamptz, -- the latest promise
    answered_at timestamptz,
    UNIQUE (feedback_id, position)
);

CREATE INDEX requests_by_holder ON requests (
    holder_code, status, coalesce(due_at, 'infinity'::timestamptz), request_id
);

-- What a source said about a request; a correction is the same statement with a higher version.
CREATE TABLE statements (
    request_id uuid NOT NULL REFERENCES requests (request_id),
    source text NOT NULL,
    statement_id text NOT NULL,
    version integer NOT NULL,
    outcome text NOT NULL,
    said_at timestamptz NOT NULL,
    announced_due_at timestamptz,
    redirected_to text,
    retracted boolean NOT NULL,
    body_hash bytea, -- of the agent's words, where they came through our door
    answer text, -- the text, where it was given through our door
    PRIMARY KEY (request_id, source, statement_id)
);

-- Keys of clients that may retry. Neither the key nor the follow-up code can be read from a row.
CREATE TABLE idempotency_keys (
    key_hash bytea PRIMARY KEY,
    body_hash bytea NOT NULL,
    feedback_id uuid NOT NULL,
    sealed_code bytea NOT NULL,
    used_at timestamptz NOT NULL
);

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (used_at);
