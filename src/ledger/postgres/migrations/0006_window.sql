-- Notices that wait for others to the same citizen; the row goes when the waiting is over. The citizen's
-- row is the lock.
CREATE TABLE open_window (
    citizen BYTEA NOT NULL,
    notice  UUID  NOT NULL,
    PRIMARY KEY (citizen, notice)
);

-- Timelines say "bundled" from now on, which an older release cannot read.
UPDATE value SET value = '6' WHERE name = 'schema works from';
