-- Notifications that ended without reaching their citizens. Whether one was reached since is seen from the
-- notification and the citizen's inbox, so that nothing has to be taken back here.
CREATE TABLE unreached (
    notification BLOB    NOT NULL PRIMARY KEY,
    since        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX unreached_since ON unreached (since, notification);

INSERT INTO unreached (notification, since)
SELECT key, closed_at FROM notification
WHERE closed_state IN ('inbox_only', 'unreachable', 'suppressed', 'expired', 'rejected', 'unknown');
