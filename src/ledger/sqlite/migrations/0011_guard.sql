-- What became of messages, counted by UTC day, source, channel and template (the measure whose texts it is).
-- The channel is empty where none was used.
CREATE TABLE tally (
    day      TEXT    NOT NULL,
    source   TEXT    NOT NULL,
    channel  TEXT    NOT NULL,
    template TEXT    NOT NULL,
    what     TEXT    NOT NULL,
    count    INTEGER NOT NULL,
    PRIMARY KEY (day, source, channel, template, what)
) STRICT, WITHOUT ROWID;

-- What the guard makes of a template on a channel: what it says now, on which numbers, and since when. Once
-- a person released it, what was counted before does not count: `counted_from` is the day, and the two
-- numbers beside it are what that day had already.
CREATE TABLE guard (
    channel          TEXT    NOT NULL,
    template         TEXT    NOT NULL,
    standing         TEXT    NOT NULL,
    offered          INTEGER NOT NULL,
    declined         INTEGER NOT NULL,
    since            INTEGER NOT NULL,
    counted_from     TEXT,
    offered_before   INTEGER NOT NULL,
    declined_before  INTEGER NOT NULL,
    released_at      INTEGER,
    released_by      TEXT,
    released_because TEXT,
    PRIMARY KEY (channel, template)
) STRICT, WITHOUT ROWID;

CREATE INDEX notification_by_age ON notification (received_at);
