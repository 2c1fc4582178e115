-- What became of messages, counted by UTC day, source, channel and template (the measure whose texts it is).
-- The channel is empty where none was used. A count stands in several parts, which are added up: replicas
-- that count at the same time seldom wait for one another.
CREATE TABLE tally (
    day      TEXT     NOT NULL COLLATE "C",
    source   TEXT     NOT NULL COLLATE "C",
    channel  TEXT     NOT NULL COLLATE "C",
    template TEXT     NOT NULL COLLATE "C",
    what     TEXT     NOT NULL COLLATE "C",
    part     SMALLINT NOT NULL,
    count    BIGINT   NOT NULL,
    PRIMARY KEY (day, source, channel, template, what, part)
) WITH (fillfactor = 50);

-- What the guard makes of a template on a channel: what it says now, on which numbers, and since when. Once
-- a person released it, what was counted before does not count: `counted_from` is the day, and the two
-- numbers beside it are what that day had already.
CREATE TABLE guard (
    channel          TEXT   NOT NULL COLLATE "C",
    template         TEXT   NOT NULL COLLATE "C",
    standing         TEXT   NOT NULL,
    offered          BIGINT NOT NULL,
    declined         BIGINT NOT NULL,
    since            BIGINT NOT NULL,
    counted_from     TEXT COLLATE "C",
    offered_before   BIGINT NOT NULL,
    declined_before  BIGINT NOT NULL,
    released_at      BIGINT,
    released_by      TEXT,
    released_because TEXT,
    PRIMARY KEY (channel, template)
);

-- Notifications stand in the order in which they came: a few numbers for each stretch of pages find those
-- of the last days, and cost next to nothing when one is added.
CREATE INDEX notification_by_age ON notification USING brin (received_at) WITH (pages_per_range = 32, autosummarize = on);

-- Timelines say "guarded" from now on, which an older release cannot read.
UPDATE value SET value = '11' WHERE name = 'schema works from';
