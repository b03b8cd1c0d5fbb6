-- What is said of survey answers, pooled with all descendants as the tallies are, by the tree of the quarter's last
-- month: the figures of a root read four rows instead of sixty thousand. A row that falls to 0 stays.
CREATE TABLE survey_totals (
    structure_code text COLLATE "C" NOT NULL,
    quarter date NOT NULL,
    answers bigint NOT NULL,
    satisfied bigint NOT NULL,
    very_satisfied bigint NOT NULL,
    not_satisfied bigint NOT NULL,
    PRIMARY KEY (structure_code, quarter)
) WITH (fillfactor = 70);

-- Day 62 of a quarter lies in its last month; the closure knows whole months.
INSERT INTO survey_totals (structure_code, quarter, answers, satisfied, very_satisfied, not_satisfied)
SELECT closure.ancestor, cell.quarter, sum(cell.answers), sum(cell.satisfied), sum(cell.very_satisfied),
    sum(cell.not_satisfied)
FROM survey_cells AS cell
JOIN closure
    ON closure.descendant = cell.structure_code
    AND closure.since <= cell.quarter + 62 AND closure.until > cell.quarter + 62
GROUP BY closure.ancestor, cell.quarter;
