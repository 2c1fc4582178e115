-- What citizens say was not from us.
CREATE TABLE scam_report (
    id       UUID   PRIMARY KEY,
    way      TEXT   NOT NULL,
    reporter BYTEA,
    content  BYTEA  NOT NULL,
    at       BIGINT NOT NULL,
    closed_at BIGINT,
    person   TEXT,
    note     TEXT
);
CREATE INDEX scam_report_open ON scam_report (id) WHERE closed_at IS NULL;
CREATE INDEX scam_report_by_end ON scam_report (closed_at) WHERE closed_at IS NOT NULL;
