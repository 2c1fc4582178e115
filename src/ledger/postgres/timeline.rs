//! The timeline, and the order in which it is read.
//!
//! Entries get their ids before they become visible, so a reader that goes by the id alone would
//! pass over an entry whose transaction commits late. Readers go by (`xid`, `id`) instead, and stop
//! below the oldest transaction that is still open: what is below can get no new entries.
//!
//! For that `xid` may be any transaction id from the writer's own upwards, and it is the writer's own
//! *or the latest one that was over when the entry was written*, whichever is greater. The second
//! half keeps each notification in order. A transaction gets its id with the first citizen it
//! locks; while it then waits for another citizen, a transaction with a greater id may write that
//! citizen's entries and commit. That one is over when the first goes on, so the first one's
//! entries come after it.
//!
//! Transaction ids belong to the server. On another one, where a dump was restored, they may be lower
//! than those of the entries: readers would not see the old ones, and would pass over the new. So
//! [`resume`] raises what is added to them (`timeline_origin`).

use sqlx::{PgConnection, PgPool, query, query_scalar};

use super::failure::failed;
use super::rows::{Cells, all, column, run};
use crate::domain::{NoticeId, NotificationKey, SourceId, SourceRef};
use crate::ledger::codes::{Table, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{EntryRow, Position};

const TIMELINE: Table = Table("timeline");

/// `pg_snapshot_xmax` is one above the latest transaction that is over.
const APPEND: &str = "
    INSERT INTO timeline (xid, notification, source, source_id, notice, at, name, what)
    SELECT (SELECT origin.xid + greatest(pg_current_xact_id()::text::bigint,
                                         pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1)
            FROM timeline_origin AS origin WHERE origin.one),
           notification, source, source_id, notice, at, name, what
    FROM UNNEST($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::bigint[], $6::text[], $7::text[])
         WITH ORDINALITY AS new (notification, source, source_id, notice, at, name, what, nr)
    ORDER BY nr";

const AFTER: &str = "
    SELECT xid, id, notification, source, source_id, notice, at, name, what
    FROM timeline
    WHERE (xid, id) > ($1, $2)
      AND xid < (SELECT origin.xid + pg_snapshot_xmin(pg_current_snapshot())::text::bigint
                 FROM timeline_origin AS origin WHERE origin.one)
    ORDER BY xid, id LIMIT $3";

const OF_SOURCE_AFTER: &str = "
    SELECT xid, id, notification, source, source_id, notice, at, name, what
    FROM timeline
    WHERE source = $4 AND (xid, id) > ($1, $2)
      AND xid < (SELECT origin.xid + pg_snapshot_xmin(pg_current_snapshot())::text::bigint
                 FROM timeline_origin AS origin WHERE origin.one)
    ORDER BY xid, id LIMIT $3";

const OF_NOTIFICATION: &str = "
    SELECT xid, id, notification, source, source_id, notice, at, name, what
    FROM timeline WHERE notification = $1 ORDER BY id";

/// On the server that wrote them, no entry (and no event for the registry's owner, which is read in the
/// same order) that can be seen is of a transaction later than the latest one that is over.
const AHEAD: &str = "
    SELECT coalesce(greatest((SELECT max(xid) FROM timeline), (SELECT max(xid) FROM registry_event))
                    - origin.xid
                    - (pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1), 0)
    FROM timeline_origin AS origin";

const RESUME: &str = "UPDATE timeline_origin SET xid = xid + $1";

pub(super) async fn append(conn: &mut PgConnection, rows: &[EntryRow]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let statement = query(APPEND)
        .bind(column(rows, |row| row.notification.0))
        .bind(column(rows, |row| row.reference.source.as_str()))
        .bind(column(rows, |row| row.reference.id.as_str()))
        .bind(column(rows, |row| row.notice.map(|id| id.0)))
        .bind(column(rows, |row| millis(row.at)))
        .bind(column(rows, |row| row.name.as_str()))
        .bind(column(rows, |row| row.what.as_str()));
    run(conn, statement).await.map(drop)
}

pub(super) async fn entries_after(
    conn: &mut PgConnection,
    after: Position,
    source: Option<&SourceId>,
    limit: u32,
) -> Result<Vec<(Position, EntryRow)>, StoreError> {
    let from = |sql| query(sql).bind(after.transaction).bind(after.id).bind(i64::from(limit));
    let statement = match source {
        Some(source) => from(OF_SOURCE_AFTER).bind(source.as_str()),
        None => from(AFTER),
    };
    all(conn, statement, TIMELINE, entry).await
}

pub(super) async fn of_notification(
    conn: &mut PgConnection,
    notification: NotificationKey,
) -> Result<Vec<(Position, EntryRow)>, StoreError> {
    all(conn, query(OF_NOTIFICATION).bind(notification.0), TIMELINE, entry).await
}

/// Whether the entries are ahead of the server's transactions, because they come from another.
pub(super) async fn is_ahead(pool: &PgPool) -> Result<bool, StoreError> {
    Ok(ahead(pool).await? > 0)
}

/// Lets the order of reading go on above the entries that are there.
pub(super) async fn resume(pool: &PgPool) -> Result<(), StoreError> {
    let ahead = ahead(pool).await?;
    if ahead > 0 {
        query(RESUME).bind(ahead).execute(pool).await.map_err(failed)?;
    }
    Ok(())
}

async fn ahead(pool: &PgPool) -> Result<i64, StoreError> {
    query_scalar(AHEAD).fetch_one(pool).await.map_err(failed)
}

fn entry(cells: &Cells<'_>) -> Result<(Position, EntryRow), StoreError> {
    let position = Position { transaction: cells.get("xid")?, id: cells.get("id")? };
    let row = EntryRow {
        notification: NotificationKey(cells.get("notification")?),
        reference: SourceRef { source: cells.id("source")?, id: cells.get("source_id")? },
        notice: cells.get::<Option<_>>("notice")?.map(NoticeId),
        at: cells.moment("at")?,
        name: cells.get("name")?,
        what: cells.get("what")?,
    };
    Ok((position, row))
}
