//! Source references, notifications and notices.

use jiff::Timestamp;
use rusqlite::Connection;
use uuid::Uuid;

use super::rows::{Cells, find, write, write_every};
use crate::domain::{CitizenKey, FinalState, NoticeId, NotificationKey, Reason, SourceRef};
use crate::ledger::codes::{Code as _, Table, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{IdempotencyRow, NoticeRow, NotificationRow};

const IDEMPOTENCY: Table = Table("idempotency");
pub(super) const NOTIFICATION: Table = Table("notification");
const NOTICE: Table = Table("notice");

pub(super) const REMEMBERED: &str = "SELECT * FROM idempotency WHERE source = ?1 AND source_id = ?2";

const REMEMBER: &str = "
    INSERT INTO idempotency (source, source_id, digest, notification, cancelled, at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (source, source_id) DO UPDATE SET
        digest = excluded.digest, notification = excluded.notification, cancelled = excluded.cancelled,
        at = excluded.at
        WHERE idempotency.notification = excluded.notification
           OR idempotency.notification IS NULL
              AND (idempotency.cancelled IS NULL OR excluded.cancelled IS NOT NULL)";

const ADD_NOTIFICATION: &str = "
    INSERT INTO notification (key, source, source_id, citizen, notice, life_event, measure, template,
        campaign, priority, params, received_at, closed_state, closed_reason, closed_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";

pub(super) const NOTIFICATION_BY_KEY: &str = "SELECT * FROM notification WHERE key = ?1";

pub(super) const CLOSE_NOTIFICATION: &str =
    "UPDATE notification SET closed_state = ?2, closed_reason = ?3, closed_at = ?4 WHERE key = ?1";

const ADD_NOTICE: &str = "INSERT INTO notice (id, citizen, notice, words) VALUES (?1, ?2, ?3, ?4)";

pub(super) const SAVE_NOTICE: &str = "UPDATE notice SET notice = ?2, words = ?3 WHERE id = ?1";

pub(super) const NOTICE_BY_ID: &str = "SELECT * FROM notice WHERE id = ?1";

pub(super) fn idempotency(conn: &Connection, keys: &[SourceRef]) -> Result<Vec<IdempotencyRow>, StoreError> {
    find(conn, REMEMBERED, keys, |key| (key.source.as_str(), &key.id), IDEMPOTENCY, remembered)
}

pub(super) fn put_idempotency(conn: &Connection, rows: &[IdempotencyRow]) -> Result<(), StoreError> {
    write_every(conn, REMEMBER, rows, |row| {
        (
            row.reference.source.as_str(),
            &row.reference.id,
            row.digest,
            row.notification.map(|key| key.0),
            row.cancelled.map(Reason::as_str),
            millis(row.at),
        )
    })
}

fn remembered(cells: &Cells<'_>) -> Result<IdempotencyRow, StoreError> {
    Ok(IdempotencyRow {
        reference: source_ref(cells)?,
        digest: cells.hash_or_none("digest")?,
        notification: cells.get::<Option<Uuid>>("notification")?.map(NotificationKey),
        cancelled: cells.code_or_none("cancelled")?,
        at: cells.moment("at")?,
    })
}

/// Source and id, which stand in several tables.
pub(super) fn source_ref(cells: &Cells<'_>) -> Result<SourceRef, StoreError> {
    Ok(SourceRef { source: cells.id("source")?, id: cells.get("source_id")? })
}

pub(super) fn add_notifications(conn: &Connection, rows: &[NotificationRow]) -> Result<(), StoreError> {
    write(conn, ADD_NOTIFICATION, rows, |row| {
        (
            row.key.0,
            row.reference.source.as_str(),
            &row.reference.id,
            row.citizen.0,
            row.notice.map(|id| id.0),
            &row.life_event,
            &row.measure,
            row.template,
            &row.campaign,
            row.priority.rank(),
            &row.params,
            millis(row.received_at),
            row.closed.map(|(state, _, _)| state.as_str()),
            row.closed.map(|(_, reason, _)| reason.as_str()),
            row.closed.map(|(_, _, at)| millis(at)),
        )
    })
}

pub(super) fn notifications(
    conn: &Connection,
    keys: &[NotificationKey],
) -> Result<Vec<NotificationRow>, StoreError> {
    find(conn, NOTIFICATION_BY_KEY, keys, |key| (key.0,), NOTIFICATION, notification)
}

pub(super) fn notification(cells: &Cells<'_>) -> Result<NotificationRow, StoreError> {
    Ok(NotificationRow {
        key: NotificationKey(cells.get("key")?),
        reference: source_ref(cells)?,
        citizen: CitizenKey(cells.hash("citizen")?),
        notice: cells.get::<Option<Uuid>>("notice")?.map(NoticeId),
        life_event: cells.get("life_event")?,
        measure: cells.get("measure")?,
        template: cells.number("template")?,
        campaign: cells.get("campaign")?,
        priority: cells.table.priority(cells.number("priority")?)?,
        params: cells.get("params")?,
        received_at: cells.moment("received_at")?,
        closed: closed(cells)?,
    })
}

/// How and when a notification closed: three columns that are all null or all not.
fn closed(cells: &Cells<'_>) -> Result<Option<(FinalState, Reason, Timestamp)>, StoreError> {
    let why = cells.table.both(cells.code_or_none("closed_state")?, cells.code_or_none("closed_reason")?)?;
    let closed = cells.table.both(why, cells.moment_or_none("closed_at")?)?;
    Ok(closed.map(|((state, reason), at)| (state, reason, at)))
}

pub(super) fn close_notifications(
    conn: &Connection,
    rows: &[(NotificationKey, FinalState, Reason, Timestamp)],
) -> Result<(), StoreError> {
    write(conn, CLOSE_NOTIFICATION, rows, |&(key, state, reason, at)| {
        (key.0, state.code(), reason.code(), millis(at))
    })
}

pub(super) fn add_notices(conn: &Connection, rows: &[NoticeRow]) -> Result<(), StoreError> {
    write(conn, ADD_NOTICE, rows, |row| (row.id.0, row.citizen.0, &row.notice, &row.words))
}

pub(super) fn save_notices(conn: &Connection, rows: &[NoticeRow]) -> Result<(), StoreError> {
    write(conn, SAVE_NOTICE, rows, |row| (row.id.0, &row.notice, &row.words))
}

pub(super) fn notices(conn: &Connection, ids: &[NoticeId]) -> Result<Vec<NoticeRow>, StoreError> {
    find(conn, NOTICE_BY_ID, ids, |id| (id.0,), NOTICE, notice)
}

fn notice(cells: &Cells<'_>) -> Result<NoticeRow, StoreError> {
    Ok(NoticeRow {
        id: NoticeId(cells.get("id")?),
        citizen: CitizenKey(cells.hash("citizen")?),
        notice: cells.get("notice")?,
        words: cells.get("words")?,
    })
}
