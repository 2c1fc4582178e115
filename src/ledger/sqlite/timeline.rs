//! The timeline. One writer gives ascending ids and commits in their order, so the id alone is a
//! reader's position.

use sqlx::query;
use sqlx::sqlite::SqliteConnection;
use uuid::Uuid;

use super::notices::source_ref;
use super::rows::{Batch, Cells, Values, all};
use crate::domain::{NoticeId, NotificationKey, SourceId};
use crate::ledger::codes::{Table, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{EntryRow, Position};

const TIMELINE: Table = Table("timeline");

const APPEND: Batch = Batch {
    head: "INSERT INTO timeline (notification, source, source_id, notice, at, name, what) ",
    tail: "",
};

pub(super) const AFTER: &str = "SELECT * FROM timeline WHERE id > ?1 ORDER BY id LIMIT ?2";

pub(super) const AFTER_OF_SOURCE: &str =
    "SELECT * FROM timeline WHERE source = ?3 AND id > ?1 ORDER BY id LIMIT ?2";

pub(super) const OF_NOTIFICATION: &str = "SELECT * FROM timeline WHERE notification = ?1 ORDER BY id";

pub(super) async fn append(conn: &mut SqliteConnection, rows: &[EntryRow]) -> Result<(), StoreError> {
    let bind = |values: &mut Values<'_>, row: &EntryRow| {
        values
            .push_bind(row.notification.0)
            .push_bind(row.reference.source.as_str())
            .push_bind(row.reference.id.as_str())
            .push_bind(row.notice.map(|id| id.0))
            .push_bind(millis(row.at))
            .push_bind(row.name.as_str())
            .push_bind(row.what.as_str());
    };
    APPEND.run(conn, rows, bind).await
}

pub(super) async fn entries_after(
    conn: &mut SqliteConnection,
    after: Position,
    source: Option<&SourceId>,
    limit: u32,
) -> Result<Vec<(Position, EntryRow)>, StoreError> {
    let statement = match source {
        None => query(AFTER).bind(after.id).bind(limit),
        Some(source) => query(AFTER_OF_SOURCE).bind(after.id).bind(limit).bind(source.as_str()),
    };
    all(conn, statement, TIMELINE, entry).await
}

pub(super) async fn of_notification(
    conn: &mut SqliteConnection,
    notification: NotificationKey,
) -> Result<Vec<(Position, EntryRow)>, StoreError> {
    all(conn, query(OF_NOTIFICATION).bind(notification.0), TIMELINE, entry).await
}

fn entry(cells: &Cells<'_>) -> Result<(Position, EntryRow), StoreError> {
    let entry = EntryRow {
        notification: NotificationKey(cells.get("notification")?),
        reference: source_ref(cells)?,
        notice: cells.get::<Option<Uuid>>("notice")?.map(NoticeId),
        at: cells.moment("at")?,
        name: cells.get("name")?,
        what: cells.get("what")?,
    };
    Ok((Position { transaction: 0, id: cells.get("id")? }, entry))
}
