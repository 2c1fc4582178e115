-- Since when the registry says that a citizen has died, where it does.
ALTER TABLE citizen ADD COLUMN deceased_at INTEGER;

-- What the registry's owner is told of citizens. Readers go by the id.
CREATE TABLE registry_event (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    citizen  BLOB NOT NULL,
    kind     TEXT NOT NULL,
    channel  TEXT,
    at       INTEGER NOT NULL,
    evidence BLOB NOT NULL
) STRICT;
CREATE INDEX registry_event_of_citizen ON registry_event (citizen, id);

-- One-time codes that were handed out, by keyed hash: one at most for an address.
CREATE TABLE verification (
    citizen    BLOB    NOT NULL,
    address    BLOB    NOT NULL,
    code       BLOB    NOT NULL,
    issued     BLOB    NOT NULL,
    expires_at INTEGER NOT NULL,
    wrong      INTEGER NOT NULL,
    PRIMARY KEY (citizen, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX verification_by_end ON verification (expires_at);
