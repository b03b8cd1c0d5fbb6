-- Up to where each partition holds nothing but what this database knows to have been sent. Moved in the transaction
-- that deletes the sent rows of the outbox; a database restored from a dump stands further back than the bus.
CREATE TABLE sent_positions (
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    PRIMARY KEY (topic, partition)
);
