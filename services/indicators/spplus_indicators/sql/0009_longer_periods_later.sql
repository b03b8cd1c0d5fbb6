-- The month of a place and the longer periods that it lies in wait each for their own time.
ALTER TABLE publication_queue ADD COLUMN longer boolean NOT NULL DEFAULT false;
ALTER TABLE publication_queue DROP CONSTRAINT publication_queue_pkey;
ALTER TABLE publication_queue ADD PRIMARY KEY (structure_code, month, longer);
INSERT INTO publication_queue (structure_code, month, longer, measures, not_before)
SELECT structure_code, month, true, measures, not_before FROM publication_queue;
ALTER TABLE publication_queue ALTER COLUMN longer DROP DEFAULT;
CREATE INDEX publication_queue_by_period_and_time ON publication_queue (longer, not_before);
