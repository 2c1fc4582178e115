-- The ledger's tables. Keys, hashes and what is encrypted are blobs; moments are milliseconds since
-- 1970 (UTC); days are ISO 8601 dates; enums are their codes. An id that is part of a primary key
-- and may be absent is empty then.
--
-- There are no foreign keys, as on PostgreSQL: rows of one citizen are written under the citizen's
-- lock, and a notification for nobody who is known has no citizen's row at all.
--
-- Tables of narrow rows are kept in the order of their primary key (WITHOUT ROWID); those whose rows
-- hold texts are kept in the order of insertion, so that a page of the key's index holds many keys.

CREATE TABLE citizen (
    key          BLOB NOT NULL PRIMARY KEY,
    data_key     BLOB NOT NULL,
    id           BLOB NOT NULL,
    locale       TEXT NOT NULL,
    zone         TEXT,
    region       TEXT,
    jurisdiction TEXT NOT NULL,
    updated_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE address (
    id            BLOB NOT NULL PRIMARY KEY,
    citizen       BLOB NOT NULL,
    channel       TEXT NOT NULL,
    hash          BLOB NOT NULL,
    address       BLOB NOT NULL,
    closed_reason TEXT,
    closed_at     INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX address_of_citizen ON address (citizen);
CREATE INDEX address_by_hash ON address (hash, channel);

CREATE TABLE consent (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    citizen     BLOB NOT NULL,
    channel     TEXT,
    topic       TEXT,
    action      TEXT NOT NULL,
    origin      TEXT NOT NULL,
    evidence    BLOB NOT NULL,
    at          INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX consent_of_citizen ON consent (citizen);

CREATE TABLE preference (
    citizen    BLOB NOT NULL,
    topic      TEXT NOT NULL,
    preference TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (citizen, topic)
) STRICT, WITHOUT ROWID;

CREATE TABLE reservation (
    notice  BLOB NOT NULL,
    step    INTEGER NOT NULL,
    citizen BLOB NOT NULL,
    day     TEXT NOT NULL,
    PRIMARY KEY (notice, step)
) STRICT, WITHOUT ROWID;
CREATE INDEX reservation_of_citizen ON reservation (citizen, day);

CREATE TABLE idempotency (
    source       TEXT NOT NULL,
    source_id    TEXT NOT NULL,
    digest       BLOB,
    notification BLOB,
    cancelled    TEXT,
    at           INTEGER NOT NULL,
    PRIMARY KEY (source, source_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE notification (
    key           BLOB NOT NULL PRIMARY KEY,
    source        TEXT NOT NULL,
    source_id     TEXT NOT NULL,
    citizen       BLOB NOT NULL,
    notice        BLOB,
    life_event    TEXT NOT NULL,
    measure       TEXT NOT NULL,
    template      INTEGER NOT NULL,
    campaign      TEXT,
    priority      INTEGER NOT NULL,
    params        BLOB NOT NULL,
    received_at   INTEGER NOT NULL,
    closed_state  TEXT,
    closed_reason TEXT,
    closed_at     INTEGER
) STRICT;

CREATE TABLE notice (
    id      BLOB NOT NULL PRIMARY KEY,
    citizen BLOB NOT NULL,
    notice  TEXT NOT NULL,
    words   BLOB NOT NULL
) STRICT;

-- Holds open work only: a row is deleted when it is done.
CREATE TABLE work (
    notice      BLOB NOT NULL PRIMARY KEY,
    citizen     BLOB NOT NULL,
    lane        TEXT NOT NULL,
    priority    INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    lease_id    BLOB,
    lease_until INTEGER,
    attempt     BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX work_to_claim ON work (lane, priority, due_at) WHERE attempt IS NULL;
CREATE INDEX work_started ON work (lease_until) WHERE attempt IS NOT NULL;

CREATE TABLE provider_reference (
    channel   TEXT NOT NULL,
    route     TEXT NOT NULL,
    reference TEXT NOT NULL,
    attempt   BLOB NOT NULL,
    recipient BLOB NOT NULL,
    notice    BLOB NOT NULL,
    citizen   BLOB NOT NULL,
    state     TEXT,
    PRIMARY KEY (channel, route, reference, attempt)
) STRICT, WITHOUT ROWID;

-- The recipient is empty where the provider names none.
CREATE TABLE orphan (
    channel     TEXT NOT NULL,
    route       TEXT NOT NULL,
    reference   TEXT NOT NULL,
    recipient   BLOB NOT NULL,
    state       TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (channel, route, reference, recipient, state)
) STRICT, WITHOUT ROWID;

-- Ids are never given twice, and one writer gives them: their order is the order of the commits.
CREATE TABLE timeline (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    notification BLOB NOT NULL,
    source       TEXT NOT NULL,
    source_id    TEXT NOT NULL,
    notice       BLOB,
    at           INTEGER NOT NULL,
    name         TEXT NOT NULL,
    what         TEXT NOT NULL
) STRICT;
CREATE INDEX timeline_of_notification ON timeline (notification);
CREATE INDEX timeline_of_source ON timeline (source);

CREATE TABLE inbox (
    id           BLOB NOT NULL PRIMARY KEY,
    citizen      BLOB NOT NULL,
    notification BLOB NOT NULL,
    content      BLOB NOT NULL,
    at           INTEGER NOT NULL,
    read_at      INTEGER
) STRICT;
CREATE INDEX inbox_of_citizen ON inbox (citizen, id);

CREATE TABLE inbound (
    id      BLOB NOT NULL PRIMARY KEY,
    channel TEXT NOT NULL,
    route   TEXT NOT NULL,
    key     TEXT NOT NULL,
    citizen BLOB,
    sender  BLOB NOT NULL,
    kind    TEXT NOT NULL,
    text    BLOB NOT NULL,
    at      INTEGER NOT NULL,
    UNIQUE (channel, route, key)
) STRICT;

CREATE TABLE link (
    hash       BLOB NOT NULL PRIMARY KEY,
    citizen    BLOB NOT NULL,
    channel    TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letter (
    id      BLOB NOT NULL PRIMARY KEY,
    origin  TEXT NOT NULL,
    source  TEXT,
    routing TEXT NOT NULL,
    reason  TEXT NOT NULL,
    detail  TEXT NOT NULL,
    body    BLOB NOT NULL,
    at      INTEGER NOT NULL
) STRICT;

CREATE TABLE token (
    id         BLOB NOT NULL PRIMARY KEY,
    label      TEXT NOT NULL,
    hash       BLOB NOT NULL,
    scopes     TEXT NOT NULL,
    source     TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE pause (
    channel    TEXT NOT NULL,
    route      TEXT NOT NULL,
    reroute    INTEGER NOT NULL,
    reason     TEXT NOT NULL,
    person     TEXT NOT NULL,
    at         INTEGER NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (channel, route)
) STRICT, WITHOUT ROWID;

CREATE TABLE value (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE duty (
    name   TEXT NOT NULL PRIMARY KEY,
    holder BLOB NOT NULL,
    until  INTEGER NOT NULL,
    fence  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
