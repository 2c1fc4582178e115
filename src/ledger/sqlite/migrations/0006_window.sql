-- Notices that wait for others to the same citizen; the row goes when the waiting is over. The citizen's
-- row is the lock.
CREATE TABLE open_window (
    citizen BLOB NOT NULL,
    notice  BLOB NOT NULL,
    PRIMARY KEY (citizen, notice)
) STRICT, WITHOUT ROWID;
