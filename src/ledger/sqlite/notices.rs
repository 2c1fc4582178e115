//! Source references, notifications and notices.

use jiff::Timestamp;
use sqlx::sqlite::SqliteConnection;
use uuid::Uuid;

use super::rows::{Batch, Cells, Values};
use crate::domain::{CitizenKey, FinalState, NoticeId, NotificationKey, Reason, SourceRef};
use crate::ledger::codes::{Code as _, Table, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{IdempotencyRow, NoticeRow, NotificationRow};

const IDEMPOTENCY: Table = Table("idempotency");
const NOTIFICATION: Table = Table("notification");
const NOTICE: Table = Table("notice");

pub(super) const REMEMBERED: Batch =
    Batch { head: "SELECT * FROM idempotency WHERE (source, source_id) IN (", tail: ")" };

const REMEMBER: Batch = Batch {
    head: "INSERT INTO idempotency (source, source_id, digest, notification, cancelled, at) ",
    tail: " ON CONFLICT (source, source_id) DO UPDATE SET
        digest = excluded.digest, notification = excluded.notification, cancelled = excluded.cancelled,
        at = excluded.at
        WHERE idempotency.notification = excluded.notification
           OR idempotency.notification IS NULL
              AND (idempotency.cancelled IS NULL OR excluded.cancelled IS NOT NULL)",
};

const ADD_NOTIFICATIONS: Batch = Batch {
    head: "INSERT INTO notification (key, source, source_id, citizen, notice, life_event, measure, template,
        campaign, priority, params, received_at, closed_state, closed_reason, closed_at) ",
    tail: "",
};

pub(super) const NOTIFICATIONS: Batch =
    Batch { head: "SELECT * FROM notification WHERE key IN (", tail: ")" };

pub(super) const CLOSE_NOTIFICATIONS: Batch = Batch {
    head: "UPDATE notification
        SET closed_state = new.column2, closed_reason = new.column3, closed_at = new.column4 FROM (",
    tail: ") AS new WHERE key = new.column1",
};

const ADD_NOTICES: Batch = Batch { head: "INSERT INTO notice (id, citizen, notice, words) ", tail: "" };

pub(super) const SAVE_NOTICES: Batch = Batch {
    head: "UPDATE notice SET notice = new.column2, words = new.column3 FROM (",
    tail: ") AS new WHERE id = new.column1",
};

pub(super) const NOTICES: Batch = Batch { head: "SELECT * FROM notice WHERE id IN (", tail: ")" };

pub(super) async fn idempotency(
    conn: &mut SqliteConnection,
    keys: &[SourceRef],
) -> Result<Vec<IdempotencyRow>, StoreError> {
    let bind = |values: &mut Values<'_>, key: &SourceRef| {
        values.push_bind(key.source.as_str()).push_bind(key.id.as_str());
    };
    REMEMBERED.find(conn, keys, bind, IDEMPOTENCY, remembered).await
}

pub(super) async fn put_idempotency(
    conn: &mut SqliteConnection,
    rows: &[IdempotencyRow],
) -> Result<(), StoreError> {
    let bind = |values: &mut Values<'_>, row: &IdempotencyRow| {
        values
            .push_bind(row.reference.source.as_str())
            .push_bind(row.reference.id.as_str())
            .push_bind(row.digest.as_ref().map(<[u8; 32]>::as_slice))
            .push_bind(row.notification.map(|key| key.0))
            .push_bind(row.cancelled.map(Reason::as_str))
            .push_bind(millis(row.at));
    };
    REMEMBER.run_for_each(conn, rows, bind).await
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

pub(super) async fn add_notifications(
    conn: &mut SqliteConnection,
    rows: &[NotificationRow],
) -> Result<(), StoreError> {
    let bind = |values: &mut Values<'_>, row: &NotificationRow| {
        values
            .push_bind(row.key.0)
            .push_bind(row.reference.source.as_str())
            .push_bind(row.reference.id.as_str())
            .push_bind(row.citizen.0.as_slice())
            .push_bind(row.notice.map(|id| id.0))
            .push_bind(row.life_event.as_str())
            .push_bind(row.measure.as_str())
            .push_bind(row.template)
            .push_bind(row.campaign.as_deref())
            .push_bind(row.priority.rank())
            .push_bind(row.params.as_slice())
            .push_bind(millis(row.received_at))
            .push_bind(row.closed.map(|(state, _, _)| state.as_str()))
            .push_bind(row.closed.map(|(_, reason, _)| reason.as_str()))
            .push_bind(row.closed.map(|(_, _, at)| millis(at)));
    };
    ADD_NOTIFICATIONS.run(conn, rows, bind).await
}

pub(super) async fn notifications(
    conn: &mut SqliteConnection,
    keys: &[NotificationKey],
) -> Result<Vec<NotificationRow>, StoreError> {
    let bind = |values: &mut Values<'_>, key: &NotificationKey| {
        values.push_bind(key.0);
    };
    NOTIFICATIONS.find(conn, keys, bind, NOTIFICATION, notification).await
}

fn notification(cells: &Cells<'_>) -> Result<NotificationRow, StoreError> {
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

pub(super) async fn close_notifications(
    conn: &mut SqliteConnection,
    rows: &[(NotificationKey, FinalState, Reason, Timestamp)],
) -> Result<(), StoreError> {
    let bind = |values: &mut Values<'_>, row: &(NotificationKey, FinalState, Reason, Timestamp)| {
        let (key, state, reason, at) = *row;
        values.push_bind(key.0).push_bind(state.code()).push_bind(reason.code()).push_bind(millis(at));
    };
    CLOSE_NOTIFICATIONS.run(conn, rows, bind).await
}

pub(super) async fn add_notices(conn: &mut SqliteConnection, rows: &[NoticeRow]) -> Result<(), StoreError> {
    let bind = |values: &mut Values<'_>, row: &NoticeRow| {
        values
            .push_bind(row.id.0)
            .push_bind(row.citizen.0.as_slice())
            .push_bind(row.notice.as_str())
            .push_bind(row.words.as_slice());
    };
    ADD_NOTICES.run(conn, rows, bind).await
}

pub(super) async fn save_notices(conn: &mut SqliteConnection, rows: &[NoticeRow]) -> Result<(), StoreError> {
    let bind = |values: &mut Values<'_>, row: &NoticeRow| {
        values.push_bind(row.id.0).push_bind(row.notice.as_str()).push_bind(row.words.as_slice());
    };
    SAVE_NOTICES.run(conn, rows, bind).await
}

pub(super) async fn notices(
    conn: &mut SqliteConnection,
    ids: &[NoticeId],
) -> Result<Vec<NoticeRow>, StoreError> {
    let bind = |values: &mut Values<'_>, id: &NoticeId| {
        values.push_bind(id.0);
    };
    NOTICES.find(conn, ids, bind, NOTICE, notice).await
}

fn notice(cells: &Cells<'_>) -> Result<NoticeRow, StoreError> {
    Ok(NoticeRow {
        id: NoticeId(cells.get("id")?),
        citizen: CitizenKey(cells.hash("citizen")?),
        notice: cells.get("notice")?,
        words: cells.get("words")?,
    })
}
