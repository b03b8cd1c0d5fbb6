-- A fate of its own for words that were deleted by their age before a moderator decided: it stays countable.
ALTER TABLE feedbacks DROP CONSTRAINT feedbacks_moderation_check;
ALTER TABLE feedbacks ADD CONSTRAINT feedbacks_moderation_check
CHECK (moderation IN ('pending', 'published', 'rejected', 'wordless', 'expired'));
