-- First day after the rolling window that was last published. Counts may lie ahead of it (a request answered long before
-- its deadline is due in a later month): they come into the window with its month, without another event.
ALTER TABLE progress ADD COLUMN window_end date NOT NULL DEFAULT '0001-01-01';
