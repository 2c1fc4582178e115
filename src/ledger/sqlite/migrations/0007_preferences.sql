-- Every version of a preference with its source; `preference` stays the one in force. Without JSON: it was
-- taken away.
CREATE TABLE preference_version (
    citizen    BLOB NOT NULL,
    topic      TEXT NOT NULL,
    number     INTEGER NOT NULL,
    preference TEXT,
    set_by     BLOB NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (citizen, topic, number)
) STRICT, WITHOUT ROWID;
