//! Open work: claims, leases, and what a crash leaves behind.

use jiff::Timestamp;
use sqlx::query;
use sqlx::sqlite::SqliteConnection;
use uuid::Uuid;

use super::rows::{Batch, Cells, Values, all, one};
use crate::domain::{AttemptId, CitizenKey, NoticeId, Priority};
use crate::ledger::codes::{Table, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{Lease, WorkRow};

const WORK: Table = Table("work");

const PUT: Batch = Batch {
    head: "INSERT INTO work (notice, citizen, lane, priority, due_at, lease_id, lease_until, attempt) ",
    tail: " ON CONFLICT (notice) DO UPDATE SET
        citizen = excluded.citizen, lane = excluded.lane, priority = excluded.priority,
        due_at = excluded.due_at, lease_id = excluded.lease_id, lease_until = excluded.lease_until,
        attempt = excluded.attempt",
};

pub(super) const REMOVE: Batch = Batch { head: "DELETE FROM work WHERE notice IN (", tail: ")" };

pub(super) const OF_NOTICES: Batch = Batch { head: "SELECT * FROM work WHERE notice IN (", tail: ")" };

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

pub(super) async fn put(conn: &mut SqliteConnection, rows: &[WorkRow]) -> Result<(), StoreError> {
    let bind = |values: &mut Values<'_>, row: &WorkRow| {
        values
            .push_bind(row.notice.0)
            .push_bind(row.citizen.0.as_slice())
            .push_bind(row.lane.as_str())
            .push_bind(row.priority.rank())
            .push_bind(millis(row.due_at))
            .push_bind(row.lease.map(|lease| lease.id))
            .push_bind(row.lease.map(|lease| millis(lease.until)))
            .push_bind(row.attempt.map(|attempt| attempt.0));
    };
    PUT.run(conn, rows, bind).await
}

fn bind_notice(values: &mut Values<'_>, notice: &NoticeId) {
    values.push_bind(notice.0);
}

pub(super) async fn remove(conn: &mut SqliteConnection, notices: &[NoticeId]) -> Result<(), StoreError> {
    REMOVE.run(conn, notices, bind_notice).await
}

pub(super) async fn of_notices(
    conn: &mut SqliteConnection,
    notices: &[NoticeId],
) -> Result<Vec<WorkRow>, StoreError> {
    OF_NOTICES.find(conn, notices, bind_notice, WORK, work).await
}

pub(super) async fn claim(
    conn: &mut SqliteConnection,
    now: Timestamp,
    lane: &str,
    lowest: Priority,
    limit: u32,
    lease: Lease,
) -> Result<Vec<WorkRow>, StoreError> {
    let statement = query(CLAIM)
        .bind(lane)
        .bind(millis(now))
        .bind(lowest.rank())
        .bind(limit)
        .bind(lease.id)
        .bind(millis(lease.until));
    let mut claimed = all(conn, statement, WORK, work).await?;
    // An UPDATE gives its rows in no order.
    claimed.sort_unstable_by_key(|row| (row.priority, row.due_at, row.notice));
    Ok(claimed)
}

pub(super) async fn abandoned(
    conn: &mut SqliteConnection,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<WorkRow>, StoreError> {
    all(conn, query(ABANDONED).bind(millis(now)).bind(limit), WORK, work).await
}

pub(super) async fn open(conn: &mut SqliteConnection, at_most: u64) -> Result<u64, StoreError> {
    let statement = query(OPEN).bind(i64::try_from(at_most).unwrap_or(i64::MAX));
    Ok(one(conn, statement, WORK, |cells| cells.number("open")).await?.unwrap_or_default())
}

pub(super) async fn open_lanes(conn: &mut SqliteConnection) -> Result<Vec<(String, u64)>, StoreError> {
    let counted = |cells: &Cells<'_>| Ok((cells.get("lane")?, cells.number("open")?));
    all(conn, query(OPEN_LANES), WORK, counted).await
}

pub(super) async fn next_due(
    conn: &mut SqliteConnection,
    now: Timestamp,
    lane: &str,
) -> Result<Option<Timestamp>, StoreError> {
    let statement = query(NEXT_DUE).bind(lane).bind(millis(now));
    one(conn, statement, WORK, |cells| cells.moment_or_none("due_at")).await.map(Option::flatten)
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
