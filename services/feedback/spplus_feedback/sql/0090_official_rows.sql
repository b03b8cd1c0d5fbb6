-- What the official columns carry besides what requests and feedbacks hold, so that an export can say it again.
ALTER TABLE feedbacks
ADD COLUMN dimensions jsonb,
ADD COLUMN department text,
ADD COLUMN country text;

CREATE TABLE imported_rows (
    feedback_id uuid PRIMARY KEY REFERENCES feedbacks (feedback_id) ON DELETE CASCADE,
    official_id text NOT NULL,
    cells jsonb NOT NULL -- by column, without those that are empty and without title and description
);

-- Some cells are in somebody's own words: they go when the words of the story go, whoever takes those away.
CREATE FUNCTION forget_imported_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM imported_rows WHERE feedback_id = NEW.feedback_id;
    RETURN NULL;
END
$$;

CREATE TRIGGER words_take_their_row_along AFTER UPDATE OF title, story, withdrawn_at ON feedbacks
FOR EACH ROW WHEN (
    NEW.withdrawn_at IS NOT NULL
    OR ((OLD.title IS NOT NULL OR OLD.story IS NOT NULL) AND NEW.title IS NULL AND NEW.story IS NULL)
)
EXECUTE FUNCTION forget_imported_row();

-- How far the import of a file has come; a row of the file is done when the transaction that says so is.
CREATE TABLE import_runs (
    fingerprint bytea PRIMARY KEY, -- of the file's bytes and of the options that change what a row becomes
    rows_done bigint NOT NULL,
    counts jsonb NOT NULL,
    started_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    finished_at timestamptz
);
