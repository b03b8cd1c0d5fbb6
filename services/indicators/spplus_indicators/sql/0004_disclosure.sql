-- What is said of answers given in confidence (see disclosure.py). It is kept for good: what was once said decides what
-- may be said later, and no count of the ledger tells it.

-- The survey answers of a structure and quarter: its own, or those pooled at it from below.
CREATE TABLE survey_cells (
    structure_code text COLLATE "C" NOT NULL,
    quarter date NOT NULL,                -- first day
    pooled boolean NOT NULL,
    answers bigint NOT NULL,              -- as shown
    satisfied bigint NOT NULL,
    very_satisfied bigint NOT NULL,
    not_satisfied bigint NOT NULL,
    counted jsonb NOT NULL,               -- the same four counts as they are
    passed_on jsonb NOT NULL,             -- and as they were pooled further up
    said jsonb NOT NULL,                  -- everything that was ever shown
    PRIMARY KEY (structure_code, quarter, pooled)
) WITH (fillfactor = 70);

-- Quarters with survey answers.
CREATE TABLE survey_quarters (
    quarter date PRIMARY KEY,
    changed_on date,                      -- Paris day of the last change that has not been pooled; none when pooled
    frozen boolean NOT NULL DEFAULT false -- what was said of it is lost: its figures stay as the bus held them
);
