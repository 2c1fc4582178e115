-- The ledger. Moments are milliseconds since 1970 (UTC); codes, keyed hashes and what is encrypted
-- are made by the gateway. Indexed texts compare byte by byte (COLLATE "C"): it is faster, and an
-- index then outlives a change of the system's collations.
--
-- Only the registry's tables refer to the citizen's row by a foreign key: a notification may be for
-- nobody who is known, and what is written in bulk is written under the lock of that row anyway.
--
-- Tables whose rows are updated keep free space in their pages (fillfactor), so that an update that
-- touches no indexed column stays on its page and leaves the indexes alone.

-- ---- citizens ----

CREATE TABLE citizen (
    key          BYTEA  PRIMARY KEY,
    data_key     BYTEA  NOT NULL,
    id           BYTEA  NOT NULL,
    locale       TEXT   NOT NULL,
    zone         TEXT,
    region       TEXT,
    jurisdiction TEXT   NOT NULL,
    updated_at   BIGINT NOT NULL
) WITH (fillfactor = 90);

CREATE TABLE address (
    id            UUID   PRIMARY KEY,
    citizen       BYTEA  NOT NULL REFERENCES citizen (key),
    channel       TEXT   NOT NULL COLLATE "C",
    hash          BYTEA  NOT NULL,
    address       BYTEA  NOT NULL,
    closed_reason TEXT,
    closed_at     BIGINT
) WITH (fillfactor = 90);

CREATE INDEX address_of_citizen ON address (citizen);
CREATE INDEX address_by_hash ON address (channel, hash);

-- Append-only.
CREATE TABLE consent (
    citizen     BYTEA  NOT NULL REFERENCES citizen (key),
    seq         BIGINT GENERATED ALWAYS AS IDENTITY,
    channel     TEXT,
    topic       TEXT,
    action      TEXT   NOT NULL,
    origin      TEXT   NOT NULL,
    evidence    BYTEA  NOT NULL,
    at          BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (citizen, seq)
);

-- The empty topic stands for all topics.
CREATE TABLE preference (
    citizen    BYTEA  NOT NULL REFERENCES citizen (key),
    topic      TEXT   NOT NULL COLLATE "C",
    preference TEXT   NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (citizen, topic)
);

CREATE TABLE reservation (
    notice  UUID    NOT NULL,
    step    INTEGER NOT NULL,
    citizen BYTEA   NOT NULL,
    day     DATE    NOT NULL,
    PRIMARY KEY (notice, step)
);

CREATE INDEX reservation_of_citizen ON reservation (citizen, day);

-- ---- notifications and notices ----

CREATE TABLE idempotency (
    source       TEXT   NOT NULL COLLATE "C",
    source_id    TEXT   NOT NULL COLLATE "C",
    digest       BYTEA,
    notification UUID,
    cancelled    TEXT,
    at           BIGINT NOT NULL,
    PRIMARY KEY (source, source_id)
);

CREATE TABLE notification (
    key           UUID     PRIMARY KEY,
    source        TEXT     NOT NULL,
    source_id     TEXT     NOT NULL,
    citizen       BYTEA    NOT NULL,
    notice        UUID,
    life_event    TEXT     NOT NULL,
    measure       TEXT     NOT NULL,
    template      INTEGER  NOT NULL,
    campaign      TEXT,
    priority      SMALLINT NOT NULL,
    params        BYTEA    NOT NULL,
    received_at   BIGINT   NOT NULL,
    closed_state  TEXT,
    closed_reason TEXT,
    closed_at     BIGINT
) WITH (fillfactor = 85);

-- Saved at every step of its way and never by anything but its key.
CREATE TABLE notice (
    id      UUID  PRIMARY KEY,
    citizen BYTEA NOT NULL,
    notice  TEXT  NOT NULL,
    words   BYTEA NOT NULL
) WITH (
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_cost_delay = 0
);

-- ---- work ----

-- Narrow, and holds open work only. A claim touches the lease alone, which no index knows of.
CREATE TABLE work (
    notice      UUID     PRIMARY KEY,
    citizen     BYTEA    NOT NULL,
    lane        TEXT     NOT NULL COLLATE "C",
    priority    SMALLINT NOT NULL,
    due_at      BIGINT   NOT NULL,
    lease_id    UUID,
    lease_until BIGINT,
    attempt     UUID
) WITH (
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 5000,
    autovacuum_vacuum_cost_delay = 0
);

CREATE INDEX work_to_claim ON work (lane, priority, due_at) WHERE attempt IS NULL;
-- Sends under way: as many as there are send slots. Not by the lease, so that a claim changes no index.
CREATE INDEX work_started ON work (attempt) WHERE attempt IS NOT NULL;

-- ---- receipts ----

CREATE TABLE provider_reference (
    channel   TEXT  NOT NULL COLLATE "C",
    route     TEXT  NOT NULL COLLATE "C",
    reference TEXT  NOT NULL COLLATE "C",
    attempt   UUID  NOT NULL,
    recipient BYTEA NOT NULL,
    notice    UUID  NOT NULL,
    citizen   BYTEA NOT NULL,
    state     TEXT,
    -- The reference first: a plan that was made while the table was small could else read a whole route.
    PRIMARY KEY (reference, channel, route, attempt)
) WITH (fillfactor = 85);

-- The empty recipient stands for none.
CREATE TABLE orphan (
    channel     TEXT   NOT NULL COLLATE "C",
    route       TEXT   NOT NULL COLLATE "C",
    reference   TEXT   NOT NULL COLLATE "C",
    recipient   BYTEA  NOT NULL,
    state       TEXT   NOT NULL COLLATE "C",
    received_at BIGINT NOT NULL,
    PRIMARY KEY (channel, route, reference, recipient, state)
);

-- ---- timeline ----

-- Append-only. Readers go by (xid, id); timeline.rs says what `xid` holds, and why.
CREATE TABLE timeline (
    xid          BIGINT NOT NULL,
    id           BIGINT GENERATED ALWAYS AS IDENTITY,
    notification UUID   NOT NULL,
    source       TEXT   NOT NULL COLLATE "C",
    source_id    TEXT   NOT NULL,
    notice       UUID,
    at           BIGINT NOT NULL,
    name         TEXT   NOT NULL,
    what         TEXT   NOT NULL,
    PRIMARY KEY (xid, id)
);

-- One row: what is added to the server's transaction ids, so that they go on rising after a dump was
-- restored on a server whose own are lower.
CREATE TABLE timeline_origin (
    one BOOLEAN PRIMARY KEY DEFAULT true CHECK (one),
    xid BIGINT  NOT NULL
);

INSERT INTO timeline_origin (xid) VALUES (0);

CREATE INDEX timeline_of_source ON timeline (source, xid, id);
CREATE INDEX timeline_of_notification ON timeline (notification, id);

-- ---- inbox and inbound ----

CREATE TABLE inbox (
    citizen      BYTEA  NOT NULL,
    id           UUID   NOT NULL,
    notification UUID   NOT NULL,
    content      BYTEA  NOT NULL,
    at           BIGINT NOT NULL,
    read_at      BIGINT,
    PRIMARY KEY (citizen, id)
) WITH (fillfactor = 90);

CREATE TABLE inbound (
    id      UUID   PRIMARY KEY,
    channel TEXT   NOT NULL COLLATE "C",
    route   TEXT   NOT NULL COLLATE "C",
    key     TEXT   NOT NULL COLLATE "C",
    citizen BYTEA,
    sender  BYTEA  NOT NULL,
    kind    TEXT   NOT NULL,
    text    BYTEA  NOT NULL,
    at      BIGINT NOT NULL
);

CREATE UNIQUE INDEX inbound_by_key ON inbound (channel, route, key);

CREATE TABLE link (
    hash       BYTEA  PRIMARY KEY,
    citizen    BYTEA  NOT NULL REFERENCES citizen (key),
    channel    TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
);

-- ---- operations ----

CREATE TABLE dead_letter (
    id      UUID   PRIMARY KEY,
    origin  TEXT   NOT NULL,
    source  TEXT,
    routing TEXT   NOT NULL,
    reason  TEXT   NOT NULL,
    detail  TEXT   NOT NULL,
    body    BYTEA  NOT NULL,
    at      BIGINT NOT NULL
);

CREATE TABLE token (
    id         UUID   PRIMARY KEY,
    label      TEXT   NOT NULL,
    hash       BYTEA  NOT NULL,
    scopes     TEXT   NOT NULL,
    source     TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT
);

-- The empty route stands for the whole channel.
CREATE TABLE pause (
    channel    TEXT    NOT NULL COLLATE "C",
    route      TEXT    NOT NULL COLLATE "C",
    reroute    BOOLEAN NOT NULL,
    reason     TEXT    NOT NULL,
    person     TEXT    NOT NULL,
    at         BIGINT  NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (channel, route)
);

CREATE TABLE value (
    name  TEXT COLLATE "C" PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE duty (
    name   TEXT   COLLATE "C" PRIMARY KEY,
    holder UUID   NOT NULL,
    until  BIGINT NOT NULL,
    fence  BIGINT NOT NULL
);
