-- A story must be known again by its public id even after it was withdrawn, so that an old export does not revive it.
CREATE UNIQUE INDEX feedbacks_public_ids ON feedbacks (public_id);
DROP INDEX feedbacks_by_public_id;
