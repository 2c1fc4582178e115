-- What citizens say was not from us.
CREATE TABLE scam_report (
    id        BLOB    PRIMARY KEY,
    way       TEXT    NOT NULL,
    reporter  BLOB,
    content   BLOB    NOT NULL,
    at        INTEGER NOT NULL,
    closed_at INTEGER,
    person    TEXT,
    note      TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX scam_report_open ON scam_report (id) WHERE closed_at IS NULL;
CREATE INDEX scam_report_by_end ON scam_report (closed_at) WHERE closed_at IS NOT NULL;
