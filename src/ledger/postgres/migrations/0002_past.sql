-- What need not be kept for ever is found by its age.
CREATE INDEX idempotency_by_age ON idempotency (at);
CREATE INDEX orphan_by_age ON orphan (received_at);
CREATE INDEX link_by_end ON link (expires_at);
CREATE INDEX reservation_by_day ON reservation (day);
