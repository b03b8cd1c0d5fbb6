-- A second of its own for each commit that changed a figure: what Last-Modified may say without ever hiding a change.
-- And a number that grows with each structure declared: readers of a part of the tree see by it that the part may differ.
ALTER TABLE change_log
    ADD COLUMN modified_at timestamptz,
    ADD COLUMN tree_version bigint NOT NULL DEFAULT 0;
UPDATE change_log SET modified_at = date_trunc('second', now()) WHERE last_seq > 0;
