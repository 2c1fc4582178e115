-- Check codes that were shown, each with the notice that it stands under. Several notices may share one.
-- A code names no citizen.
CREATE TABLE check_code (
    code         INTEGER NOT NULL,
    notice       BLOB    NOT NULL,
    notification BLOB,               -- what stands in an inbox alone, where no notice carries it
    at           INTEGER NOT NULL,
    PRIMARY KEY (code, notice)
) STRICT, WITHOUT ROWID;
CREATE INDEX check_code_by_age ON check_code (at);

-- How often somebody was counted who asks for codes, in each hour: by a keyed hash.
CREATE TABLE code_asker (
    since INTEGER NOT NULL,
    who   BLOB    NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (since, who)
) STRICT, WITHOUT ROWID;
