-- After a restore nothing is published before intake has read again what the lost database had read: up to here.
CREATE TABLE publication_hold (
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    PRIMARY KEY (topic, partition)
);
