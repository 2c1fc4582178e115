//! Open work: claims, leases, and what a crash leaves behind.

use jiff::Timestamp;
use rusqlite::Connection;
use uuid::Uuid;

use super::rows::{Cells, all, find, one, write};
use crate::domain::{AttemptId, CitizenKey, NoticeId, Priority};
use crate::ledger::codes::{Table, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{Lease, WorkRow, in_turns};

const WORK: Table = Table("work");

const PUT: &str = "
    INSERT INTO work (notice, citizen, lane, priority, source, due_at, lease_id, lease_until, attempt)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
    ON CONFLICT (notice) DO UPDATE SET
        citizen = excluded.citizen, lane = excluded.lane, priority = excluded.priority,
        source = excluded.source, due_at = excluded.due_at, lease_id = excluded.lease_id, lease_until = excluded.lease_until,
        attempt = excluded.attempt";

pub(super) const REMOVE: &str = "DELETE FROM work WHERE notice = ?1";

pub(super) const OF_NOTICE: &str = "SELECT * FROM work WHERE notice = ?1";

/// The sources with open work of lane `?1`, for each rank up to `?2`: one step down the index for each,
/// however much work there is.
macro_rules! with_sources {
    ($then:literal) => {
        concat!(
            "WITH RECURSIVE rank (priority) AS (SELECT 0 UNION ALL SELECT priority + 1 FROM rank WHERE priority < ?2),
            open_source (priority, source) AS (
                SELECT priority, (SELECT min(source) FROM work
                    WHERE lane = ?1 AND work.priority = rank.priority AND attempt IS NULL)
                FROM rank
              UNION ALL
                SELECT priority, (SELECT min(work.source) FROM work
                    WHERE lane = ?1 AND work.priority = open_source.priority AND attempt IS NULL
                      AND work.source > open_source.source)
                FROM open_source WHERE source IS NOT NULL
            )",
            $then
        )
    };
}

pub(super) const SOURCES: &str =
    with_sources!("SELECT priority, source FROM open_source WHERE source IS NOT NULL ORDER BY priority");

/// Work of one rank and source that nobody holds, the longest due first.
pub(super) const FREE: &str = "
    SELECT * FROM work
    WHERE lane = ?1 AND priority = ?2 AND source = ?3 AND due_at <= ?4
      AND attempt IS NULL AND (lease_until IS NULL OR lease_until <= ?4)
    ORDER BY due_at LIMIT ?5";

const LEASE: &str = "UPDATE work SET lease_id = ?2, lease_until = ?3 WHERE notice = ?1";

pub(super) const NEXT_DUE: &str = with_sources!(
    "SELECT min(due_at) AS due_at FROM (
        SELECT (SELECT due_at FROM work
            WHERE lane = ?1 AND work.priority = open_source.priority AND work.source = open_source.source
              AND attempt IS NULL AND (lease_until IS NULL OR lease_until <= ?3)
            ORDER BY due_at LIMIT 1) AS due_at
        FROM open_source WHERE source IS NOT NULL)"
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
            &row.source,
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
    let sources = all(conn, SOURCES, (lane, lowest.rank()), WORK, |cells| {
        Ok((cells.table.priority(cells.get("priority")?)?, cells.get::<String>("source")?))
    })?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut free = Vec::new();
    for (priority, source) in sources {
        let enough = free.len() >= most && free.last().is_some_and(|row: &WorkRow| row.priority < priority);
        if !enough {
            let values = (lane, priority.rank(), source, millis(now), limit);
            free.extend(all(conn, FREE, values, WORK, work)?);
        }
    }
    let mut claimed = in_turns(free, lease.id);
    claimed.truncate(most);
    for row in &mut claimed {
        row.lease = Some(lease);
    }
    write(conn, LEASE, &claimed, |row| (row.notice.0, lease.id, millis(lease.until)))?;
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
    one(conn, NEXT_DUE, (lane, Priority::Bulk.rank(), millis(now)), WORK, due_at).map(Option::flatten)
}

fn work(cells: &Cells<'_>) -> Result<WorkRow, StoreError> {
    let lease = cells.table.both(cells.get("lease_id")?, cells.moment_or_none("lease_until")?)?;
    Ok(WorkRow {
        notice: NoticeId(cells.get("notice")?),
        citizen: CitizenKey(cells.hash("citizen")?),
        lane: cells.get("lane")?,
        priority: cells.table.priority(cells.number("priority")?)?,
        source: cells.get("source")?,
        due_at: cells.moment("due_at")?,
        lease: lease.map(|(id, until)| Lease { id, until }),
        attempt: cells.get::<Option<Uuid>>("attempt")?.map(AttemptId),
    })
}
