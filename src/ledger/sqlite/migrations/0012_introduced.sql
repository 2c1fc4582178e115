-- Who was told on which channel who writes there: when, by which introduction, and in whose campaign. The
-- citizen's row is the lock. Without a moment the introduction waits; without a notice the citizen was
-- written to before there were introductions, or without one.
CREATE TABLE introduced (
    citizen BLOB NOT NULL,
    channel TEXT NOT NULL,
    at      INTEGER,
    notice  BLOB,
    person  TEXT,
    PRIMARY KEY (citizen, channel)
) STRICT, WITHOUT ROWID;

-- Whoever was sent something is known by what the providers called it.
INSERT INTO introduced (citizen, channel, at)
SELECT DISTINCT citizen, channel, CAST(strftime('%s', 'now') AS INTEGER) * 1000 FROM provider_reference;
