-- Notifications that ended as they came (suppressed, unreachable, taken back before), by citizen: they stand in no
-- notice, and many in no inbox, by which the others are found.
CREATE INDEX notification_without_notice ON notification (citizen, key) WHERE notice IS NULL;
