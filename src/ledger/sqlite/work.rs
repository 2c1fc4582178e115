//! Open work: claims, leases, and what a crash leaves behind.

use jiff::Timestamp;
use rusqlite::Connection;
use uuid::Uuid;

use super::rows::{Cells, all, find, one, write};
use crate::domain::{AttemptId, CitizenKey, NoticeId, Priority};
use crate::ledger::codes::{Table, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{Lease, WorkRow};

const WORK: Table = Table("work");

const PUT: &str = "
    INSERT INTO work (notice, citizen, lane, priority, due_at, lease_id, lease_until, attempt)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    ON CONFLICT (notice) DO UPDATE SET
        citizen = excluded.citizen, lane = excluded.lane, priority = excluded.priority,
        due_at = excluded.due_at, lease_id = excluded.lease_id, lease_until = excluded.lease_until,
        attempt = excluded.attempt";

pub(super) const REMOVE: &str = "DELETE FROM work WHERE notice = ?1";

pub(super) const OF_NOTICE: &str = "SELECT * FROM work WHERE notice = ?1";

/// Work of lane `?1` and one rank that nobody holds at the moment `?2`, the longest due first. Each
/// rank is asked for on its own: so the index is read from its first due row and no further than
/// needed, however much of a higher rank waits for a later moment.
macro_rules! free {
    ($rank:literal, $conditions:literal, $limit:literal) => {
        concat!(
            "SELECT * FROM (SELECT notice, priority, due_at FROM work WHERE lane = ?1 AND priority = ",
            $rank,
            " AND attempt IS NULL AND (lease_until IS NULL OR lease_until <= ?2)",
            $conditions,
            " ORDER BY due_at LIMIT ",
            $limit,
            ")"
        )
    };
}

pub(super) const CLAIM: &str = concat!(
    "UPDATE work SET lease_id = ?5, lease_until = ?6 WHERE notice IN (SELECT notice FROM (",
    free!(0, " AND due_at <= ?2 AND ?3 >= 0", "?4"),
    " UNION ALL ",
    free!(1, " AND due_at <= ?2 AND ?3 >= 1", "?4"),
    " UNION ALL ",
    free!(2, " AND due_at <= ?2 AND ?3 >= 2", "?4"),
    ") ORDER BY priority, due_at LIMIT ?4) RETURNING *"
);

pub(super) const NEXT_DUE: &str = concat!(
    "SELECT min(due_at) AS due_at FROM (",
    free!(0, "", "1"),
    " UNION ALL ",
    free!(1, "", "1"),
    " UNION ALL ",
    free!(2, "", "1"),
    ")"
);

pub(super) const ABANDONED: &str = "
    SELECT * FROM work WHERE attempt IS NOT NULL AND (lease_until IS NULL OR lease_until <= ?1)
    ORDER BY lease_until LIMIT ?2";

const OPEN: &str = "SELECT count(*) AS open FROM (SELECT 1 FROM work LIMIT ?1)";

const OPEN_LANES: &str = "SELECT lane, count(*) AS open FROM work GROUP BY lane";

pub(super) fn put(conn: &Connection, rows: &[WorkRow]) -> Result<(), StoreError> {
    write(conn, PUT, rows, |row| {
        (
            row.notice.0,
            row.citizen.0,
            &row.lane,
            row.priority.rank(),
            millis(row.due_at),
            row.lease.map(|lease| lease.id),
            row.lease.map(|lease| millis(lease.until)),
            row.attempt.map(|attempt| attempt.0),
        )
    })
}

pub(super) fn remove(conn: &Connection, notices: &[NoticeId]) -> Result<(), StoreError> {
    write(conn, REMOVE, notices, |notice| (notice.0,))
}

pub(super) fn of_notices(conn: &Connection, notices: &[NoticeId]) -> Result<Vec<WorkRow>, StoreError> {
    find(conn, OF_NOTICE, notices, |notice| (notice.0,), WORK, work)
}

pub(super) fn claim(
    conn: &Connection,
    now: Timestamp,
    lane: &str,
    lowest: Priority,
    limit: u32,
    lease: Lease,
) -> Result<Vec<WorkRow>, StoreError> {
    let values = (lane, millis(now), lowest.rank(), limit, lease.id, millis(lease.until));
    let mut claimed = all(conn, CLAIM, values, WORK, work)?;
    // An UPDATE gives its rows in no order.
    claimed.sort_unstable_by_key(|row| (row.priority, row.due_at, row.notice));
    Ok(claimed)
}

pub(super) fn abandoned(conn: &Connection, now: Timestamp, limit: u32) -> Result<Vec<WorkRow>, StoreError> {
    all(conn, ABANDONED, (millis(now), limit), WORK, work)
}

pub(super) fn open(conn: &Connection, at_most: u64) -> Result<u64, StoreError> {
    let at_most = i64::try_from(at_most).unwrap_or(i64::MAX);
    Ok(one(conn, OPEN, (at_most,), WORK, |cells| cells.number("open"))?.unwrap_or_default())
}

pub(super) fn open_lanes(conn: &Connection) -> Result<Vec<(String, u64)>, StoreError> {
    let counted = |cells: &Cells<'_>| Ok((cells.get("lane")?, cells.number("open")?));
    all(conn, OPEN_LANES, (), WORK, counted)
}

pub(super) fn next_due(
    conn: &Connection,
    now: Timestamp,
    lane: &str,
) -> Result<Option<Timestamp>, StoreError> {
    let due_at = |cells: &Cells<'_>| cells.moment_or_none("due_at");
    one(conn, NEXT_DUE, (lane, millis(now)), WORK, due_at).map(Option::flatten)
}

fn work(cells: &Cells<'_>) -> Result<WorkRow, StoreError> {
    let lease = cells.table.both(cells.get("lease_id")?, cells.moment_or_none("lease_until")?)?;
    Ok(WorkRow {
        notice: NoticeId(cells.get("notice")?),
        citizen: CitizenKey(cells.hash("citizen")?),
        lane: cells.get("lane")?,
        priority: cells.table.priority(cells.number("priority")?)?,
        due_at: cells.moment("due_at")?,
        lease: lease.map(|(id, until)| Lease { id, until }),
        attempt: cells.get::<Option<Uuid>>("attempt")?.map(AttemptId),
    })
}
