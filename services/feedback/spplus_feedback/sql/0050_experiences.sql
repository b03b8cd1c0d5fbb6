-- Words of citizens are found without accents, in any inflection. Trusted extension: the owner may create it.
CREATE EXTENSION IF NOT EXISTS unaccent;

CREATE TEXT SEARCH CONFIGURATION folded_french (COPY = french);
ALTER TEXT SEARCH CONFIGURATION folded_french
ALTER MAPPING FOR asciihword, asciiword, hword, hword_asciipart, hword_part, word WITH unaccent, french_stem;

ALTER TABLE feedbacks
    -- Drawn at random: feedback_id tells the millisecond of the submission, and names the story in events.
    ADD COLUMN public_id uuid NOT NULL DEFAULT gen_random_uuid(),
    -- The one definition of what the public may read.
    ADD COLUMN is_public boolean NOT NULL GENERATED ALWAYS AS (
        moderation = 'published' AND moderated_at IS NOT NULL AND withdrawn_at IS NULL AND held_at IS NULL
        AND coalesce(public_title, public_story, public_suggestion) IS NOT NULL
    ) STORED,
    -- Null for what is not public, so that neither this column nor its index costs intake anything.
    ADD COLUMN public_words tsvector GENERATED ALWAYS AS (
        CASE WHEN moderation = 'published'
            THEN setweight(to_tsvector('folded_french', coalesce(public_title, '')), 'A')
                || to_tsvector('folded_french', coalesce(public_story, '') || ' ' || coalesce(public_suggestion, ''))
        END
    ) STORED;

CREATE UNIQUE INDEX feedbacks_by_public_id ON feedbacks (public_id) WHERE is_public;
CREATE INDEX feedbacks_by_publication ON feedbacks (moderated_at DESC, public_id DESC) WHERE is_public;
CREATE INDEX feedbacks_public_words ON feedbacks USING gin (public_words) WHERE is_public;
CREATE INDEX requests_by_structure ON requests (structure_code, feedback_id);
