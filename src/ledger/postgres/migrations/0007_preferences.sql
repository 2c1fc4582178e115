-- Every version of a preference with its source; `preference` stays the one in force. Without JSON: it was
-- taken away.
CREATE TABLE preference_version (
    citizen    BYTEA NOT NULL,
    topic      TEXT NOT NULL COLLATE "C",
    number     BIGINT NOT NULL,
    preference TEXT,
    set_by     BYTEA NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (citizen, topic, number)
);
