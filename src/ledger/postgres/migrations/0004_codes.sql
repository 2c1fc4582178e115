-- Check codes that were shown, each with the notice that it stands under. Several notices may share one.
-- A code names no citizen.
CREATE TABLE check_code (
    code         BIGINT NOT NULL,
    notice       UUID   NOT NULL,
    notification UUID,               -- what stands in an inbox alone, where no notice carries it
    at           BIGINT NOT NULL,
    PRIMARY KEY (code, notice)
);
CREATE INDEX check_code_by_age ON check_code (at);

-- How often somebody was counted who asks for codes, in each hour: by a keyed hash.
CREATE TABLE code_asker (
    since BIGINT NOT NULL,
    who   BYTEA  NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (since, who)
);
