-- Who was told on which channel who writes there: when, by which introduction, and in whose campaign. The
-- citizen's row is the lock. Without a moment the introduction waits; without a notice the citizen was
-- written to before there were introductions, or without one.
CREATE TABLE introduced (
    citizen BYTEA NOT NULL,
    channel TEXT  NOT NULL COLLATE "C",
    at      BIGINT,
    notice  UUID,
    person  TEXT,
    PRIMARY KEY (citizen, channel)
);

-- Whoever was sent something is known by what the providers called it.
INSERT INTO introduced (citizen, channel, at)
SELECT DISTINCT citizen, channel, (extract(epoch FROM now()) * 1000)::bigint FROM provider_reference;
