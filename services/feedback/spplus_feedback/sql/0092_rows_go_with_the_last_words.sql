-- An imported row was public elsewhere: it may stay as long as its words are public here, and goes with the last of them.
DROP TRIGGER words_take_their_row_along ON feedbacks;

CREATE TRIGGER words_take_their_row_along
AFTER UPDATE OF title, story, public_title, public_story, withdrawn_at ON feedbacks
FOR EACH ROW WHEN (
    NEW.withdrawn_at IS NOT NULL
    OR (
        coalesce(OLD.title, OLD.story, OLD.public_title, OLD.public_story) IS NOT NULL
        AND coalesce(NEW.title, NEW.story, NEW.public_title, NEW.public_story) IS NULL
    )
)
EXECUTE FUNCTION forget_imported_row();
