-- Since when the registry says that a citizen has died, where it does.
ALTER TABLE citizen ADD COLUMN deceased_at BIGINT;

-- What the registry's owner is told of citizens. Readers go by (xid, id), as in the timeline.
CREATE TABLE registry_event (
    xid      BIGINT NOT NULL,
    id       BIGINT GENERATED ALWAYS AS IDENTITY,
    citizen  BYTEA  NOT NULL,
    kind     TEXT   NOT NULL,
    channel  TEXT,
    at       BIGINT NOT NULL,
    evidence BYTEA  NOT NULL,
    PRIMARY KEY (xid, id)
);
CREATE INDEX registry_event_of_citizen ON registry_event (citizen, id);

-- One-time codes that were handed out, by keyed hash: one at most for an address.
CREATE TABLE verification (
    citizen    BYTEA  NOT NULL,
    address    UUID   NOT NULL,
    code       BYTEA  NOT NULL,
    issued     BYTEA  NOT NULL,
    expires_at BIGINT NOT NULL,
    wrong      BIGINT NOT NULL,
    PRIMARY KEY (citizen, address)
);
CREATE INDEX verification_by_end ON verification (expires_at);

-- A process of the release before would write to citizens who have died, and cannot read why the others
-- do not.
UPDATE value SET value = '10' WHERE name = 'schema works from';
