-- An inverted index of what a person may type to find a structure: it forgives slips of the pen that no index of
-- trigrams can see in short words (lion for Lyon).
-- Trusted extension: the owner of the database may create it without being a superuser.
CREATE EXTENSION IF NOT EXISTS fuzzystrmatch;

-- Compared byte by byte: words are folded to a-z and 0-9, so that those that begin alike stand together.
CREATE TABLE search_words (
    word text COLLATE "C" PRIMARY KEY
);

-- Read from structures.search by whoever writes it. A word that no structure holds any more does no harm above.
CREATE TABLE structure_words (
    structure_code text NOT NULL REFERENCES structures (code) ON DELETE CASCADE,
    word text COLLATE "C" NOT NULL,
    PRIMARY KEY (word, structure_code)
);

CREATE INDEX structure_words_by_structure ON structure_words (structure_code);

INSERT INTO structure_words (structure_code, word)
SELECT DISTINCT structures.code, told.word
FROM structures CROSS JOIN LATERAL unnest(string_to_array(structures.search, ' ')) AS told (word)
WHERE told.word <> '';

INSERT INTO search_words (word)
SELECT DISTINCT structure_words.word FROM structure_words;

DROP INDEX structures_search;
