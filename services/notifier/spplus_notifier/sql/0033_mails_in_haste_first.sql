-- Whoever waits in front of a page, or for an answer, does not wait for the digests of a Monday.

DROP INDEX mails_due;
CREATE INDEX mails_due ON mails ((kind IN ('digest', 'significant')), next_try_at) WHERE state = 'waiting';
