-- Consent as evidence. The head of a citizen's chain stands with the citizen, whose row is the lock for
-- all that is appended. A consent record without a number is older than the chain.
ALTER TABLE citizen ADD COLUMN chain BLOB;
ALTER TABLE citizen ADD COLUMN chain_length INTEGER NOT NULL DEFAULT 0;
ALTER TABLE citizen ADD COLUMN erased_at INTEGER;

ALTER TABLE consent ADD COLUMN locale TEXT;
ALTER TABLE consent ADD COLUMN number INTEGER;
ALTER TABLE consent ADD COLUMN commitment BLOB;
ALTER TABLE consent ADD COLUMN link BLOB;

ALTER TABLE address ADD COLUMN closed_evidence BLOB;
CREATE INDEX address_closed ON address (id) WHERE closed_reason IS NOT NULL;

-- Addresses of citizens who were erased: nothing but their keyed hashes.
CREATE TABLE suppressed (
    channel TEXT NOT NULL,
    hash    BLOB NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (channel, hash)
) STRICT, WITHOUT ROWID;

-- The last record that may be older than the chain.
INSERT INTO value (name, value)
SELECT 'consent chain begins after', CAST(coalesce(max(seq), 0) AS TEXT) FROM consent;
