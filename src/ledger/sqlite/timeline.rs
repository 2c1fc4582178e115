//! The timeline. One writer gives ascending ids and commits in their order, so the id alone is a
//! reader's position.

use rusqlite::Connection;
use uuid::Uuid;

use super::notices::source_ref;
use super::rows::{Cells, all, write};
use crate::domain::{NoticeId, NotificationKey, SourceId};
use crate::ledger::codes::{Table, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{EntryRow, Position};

const TIMELINE: Table = Table("timeline");

const APPEND: &str = "
    INSERT INTO timeline (notification, source, source_id, notice, at, name, what)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

pub(super) const AFTER: &str = "SELECT * FROM timeline WHERE id > ?1 ORDER BY id LIMIT ?2";

pub(super) const AFTER_OF_SOURCE: &str =
    "SELECT * FROM timeline WHERE source = ?3 AND id > ?1 ORDER BY id LIMIT ?2";

pub(super) const OF_NOTIFICATION: &str = "SELECT * FROM timeline WHERE notification = ?1 ORDER BY id";

pub(super) fn append(conn: &Connection, rows: &[EntryRow]) -> Result<(), StoreError> {
    write(conn, APPEND, rows, |row| {
        (
            row.notification.0,
            row.reference.source.as_str(),
            &row.reference.id,
            row.notice.map(|id| id.0),
            millis(row.at),
            &row.name,
            &row.what,
        )
    })
}

pub(super) fn entries_after(
    conn: &Connection,
    after: Position,
    source: Option<&SourceId>,
    limit: u32,
) -> Result<Vec<(Position, EntryRow)>, StoreError> {
    match source {
        None => all(conn, AFTER, (after.id, limit), TIMELINE, entry),
        Some(source) => all(conn, AFTER_OF_SOURCE, (after.id, limit, source.as_str()), TIMELINE, entry),
    }
}

pub(super) fn of_notification(
    conn: &Connection,
    notification: NotificationKey,
) -> Result<Vec<(Position, EntryRow)>, StoreError> {
    all(conn, OF_NOTIFICATION, (notification.0,), TIMELINE, entry)
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
