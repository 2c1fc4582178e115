-- Consent as evidence. The head of a citizen's chain stands with the citizen, whose row is the lock for
-- all that is appended. A consent record without a number is older than the chain.
ALTER TABLE citizen ADD COLUMN chain BYTEA;
ALTER TABLE citizen ADD COLUMN chain_length BIGINT NOT NULL DEFAULT 0;
ALTER TABLE citizen ADD COLUMN erased_at BIGINT;

ALTER TABLE consent ADD COLUMN locale TEXT;
ALTER TABLE consent ADD COLUMN number BIGINT;
ALTER TABLE consent ADD COLUMN commitment BYTEA;
ALTER TABLE consent ADD COLUMN link BYTEA;

ALTER TABLE address ADD COLUMN closed_evidence BYTEA;
CREATE INDEX address_closed ON address (id) WHERE closed_reason IS NOT NULL;

-- Addresses of citizens who were erased: nothing but their keyed hashes.
CREATE TABLE suppressed (
    channel TEXT   NOT NULL COLLATE "C",
    hash    BYTEA  NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (channel, hash)
);

-- The last record that may be older than the chain.
INSERT INTO value (name, value)
SELECT 'consent chain begins after', coalesce(max(seq), 0)::text FROM consent;

-- This only adds: the release of version 2 can work with it.
INSERT INTO value (name, value) VALUES ('schema works from', '2');
