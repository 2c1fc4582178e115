-- Sources take turns: the work of each is found on its own, the longest due first. Rows that are there, and
-- those of a process of the release before, count as one source's until they are written again.
ALTER TABLE work ADD COLUMN source TEXT NOT NULL DEFAULT '' COLLATE "C";

CREATE INDEX work_by_source ON work (lane, priority, source, due_at) WHERE attempt IS NULL;
DROP INDEX work_to_claim;
