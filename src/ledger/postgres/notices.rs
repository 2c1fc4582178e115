//! What is remembered of source references; notifications; notices.

use jiff::Timestamp;
use sqlx::{PgConnection, query};

use super::rows::{Cells, all, column, latest, run, run_for_each};
use crate::domain::{CitizenKey, FinalState, NoticeId, NotificationKey, Reason, SourceRef};
use crate::ledger::codes::{Code as _, Table, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{IdempotencyRow, NoticeRow, NotificationRow};

const IDEMPOTENCY: Table = Table("idempotency");
pub(super) const NOTIFICATION: Table = Table("notification");
const NOTICE: Table = Table("notice");

pub(super) const REMEMBERED: &str = "
    SELECT source, source_id, digest, notification, cancelled, at
    FROM idempotency WHERE (source, source_id) IN (SELECT * FROM UNNEST($1::text[], $2::text[]))";

/// A reference of which nobody knows can be locked by nobody, so the row itself says whether the
/// transaction knew what it replaces: it may not forget a notification or a cancel that another
/// transaction has remembered since.
const REMEMBER: &str = "
    INSERT INTO idempotency (source, source_id, digest, notification, cancelled, at)
    SELECT * FROM UNNEST($1::text[], $2::text[], $3::bytea[], $4::uuid[], $5::text[], $6::bigint[])
    ON CONFLICT (source, source_id) DO UPDATE SET
        digest = EXCLUDED.digest, notification = EXCLUDED.notification, cancelled = EXCLUDED.cancelled,
        at = EXCLUDED.at
    WHERE idempotency.notification = EXCLUDED.notification
       OR idempotency.notification IS NULL
          AND (idempotency.cancelled IS NULL OR EXCLUDED.cancelled IS NOT NULL)";

const ADD_NOTIFICATIONS: &str = "
    INSERT INTO notification (key, source, source_id, citizen, notice, life_event, measure, template, campaign,
                              priority, params, received_at, closed_state, closed_reason, closed_at)
    SELECT * FROM UNNEST($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::uuid[], $6::text[], $7::text[],
                         $8::integer[], $9::text[], $10::smallint[], $11::bytea[], $12::bigint[],
                         $13::text[], $14::text[], $15::bigint[])";

const NOTIFICATIONS: &str = "
    SELECT key, source, source_id, citizen, notice, life_event, measure, template, campaign, priority, params,
           received_at, closed_state, closed_reason, closed_at
    FROM notification WHERE key = ANY($1)";

const CLOSE_NOTIFICATIONS: &str = "
    UPDATE notification SET
        closed_state = closed.state, closed_reason = closed.reason, closed_at = closed.at
    FROM UNNEST($1::uuid[], $2::text[], $3::text[], $4::bigint[]) AS closed (key, state, reason, at)
    WHERE notification.key = closed.key";

const ADD_NOTICES: &str = "
    INSERT INTO notice (id, citizen, notice, words)
    SELECT * FROM UNNEST($1::uuid[], $2::bytea[], $3::text[], $4::bytea[])";

const SAVE_NOTICES: &str = "
    UPDATE notice SET citizen = new.citizen, notice = new.notice, words = new.words
    FROM UNNEST($1::uuid[], $2::bytea[], $3::text[], $4::bytea[]) AS new (id, citizen, notice, words)
    WHERE notice.id = new.id";

const NOTICES: &str = "
    SELECT id, citizen, notice, words
    FROM notice WHERE id = ANY($1)";

pub(super) async fn idempotency(
    conn: &mut PgConnection,
    keys: &[SourceRef],
) -> Result<Vec<IdempotencyRow>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let statement = query(REMEMBERED)
        .bind(column(keys, |key| key.source.as_str()))
        .bind(column(keys, |key| key.id.as_str()));
    all(conn, statement, IDEMPOTENCY, remembered).await
}

pub(super) async fn put_idempotency(
    conn: &mut PgConnection,
    rows: &[IdempotencyRow],
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = latest(rows, |row| &row.reference);
    let statement = query(REMEMBER)
        .bind(column(&rows, |row| row.reference.source.as_str()))
        .bind(column(&rows, |row| row.reference.id.as_str()))
        .bind(column(&rows, |row| row.digest))
        .bind(column(&rows, |row| row.notification.map(|key| key.0)))
        .bind(column(&rows, |row| row.cancelled.map(Reason::as_str)))
        .bind(column(&rows, |row| millis(row.at)));
    run_for_each(conn, statement, rows.len()).await
}

fn remembered(cells: &Cells<'_>) -> Result<IdempotencyRow, StoreError> {
    Ok(IdempotencyRow {
        reference: SourceRef { source: cells.id("source")?, id: cells.get("source_id")? },
        digest: cells.hash_or_none("digest")?,
        notification: cells.get::<Option<_>>("notification")?.map(NotificationKey),
        cancelled: cells.code_or_none("cancelled")?,
        at: cells.moment("at")?,
    })
}

pub(super) async fn add_notifications(
    conn: &mut PgConnection,
    rows: &[NotificationRow],
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let statement = query(ADD_NOTIFICATIONS)
        .bind(column(rows, |row| row.key.0))
        .bind(column(rows, |row| row.reference.source.as_str()))
        .bind(column(rows, |row| row.reference.id.as_str()))
        .bind(column(rows, |row| row.citizen.0))
        .bind(column(rows, |row| row.notice.map(|id| id.0)))
        .bind(column(rows, |row| row.life_event.as_str()))
        .bind(column(rows, |row| row.measure.as_str()))
        .bind(column(rows, |row| row.template))
        .bind(column(rows, |row| row.campaign.as_deref()))
        .bind(column(rows, |row| row.priority.rank()))
        .bind(column(rows, |row| row.params.as_slice()))
        .bind(column(rows, |row| millis(row.received_at)))
        .bind(column(rows, |row| row.closed.map(|closed| closed.0.code())))
        .bind(column(rows, |row| row.closed.map(|closed| closed.1.code())))
        .bind(column(rows, |row| row.closed.map(|closed| millis(closed.2))));
    run(conn, statement).await.map(drop)
}

pub(super) async fn notifications(
    conn: &mut PgConnection,
    keys: &[NotificationKey],
) -> Result<Vec<NotificationRow>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    all(conn, query(NOTIFICATIONS).bind(column(keys, |key| key.0)), NOTIFICATION, notification).await
}

pub(super) fn notification(cells: &Cells<'_>) -> Result<NotificationRow, StoreError> {
    Ok(NotificationRow {
        key: NotificationKey(cells.get("key")?),
        reference: SourceRef { source: cells.id("source")?, id: cells.get("source_id")? },
        citizen: CitizenKey(cells.hash("citizen")?),
        notice: cells.get::<Option<_>>("notice")?.map(NoticeId),
        life_event: cells.get("life_event")?,
        measure: cells.get("measure")?,
        template: cells.get("template")?,
        campaign: cells.get("campaign")?,
        priority: cells.table.priority(cells.get("priority")?)?,
        params: cells.get("params")?,
        received_at: cells.moment("received_at")?,
        closed: ending(cells)?,
    })
}

fn ending(cells: &Cells<'_>) -> Result<Option<(FinalState, Reason, Timestamp)>, StoreError> {
    let why = cells.table.both(cells.code_or_none("closed_state")?, cells.code_or_none("closed_reason")?)?;
    let ending = cells.table.both(why, cells.moment_or_none("closed_at")?)?;
    Ok(ending.map(|((state, reason), at)| (state, reason, at)))
}

pub(super) async fn close_notifications(
    conn: &mut PgConnection,
    rows: &[(NotificationKey, FinalState, Reason, Timestamp)],
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = latest(rows, |row| row.0);
    let statement = query(CLOSE_NOTIFICATIONS)
        .bind(column(&rows, |row| row.0.0))
        .bind(column(&rows, |row| row.1.code()))
        .bind(column(&rows, |row| row.2.code()))
        .bind(column(&rows, |row| millis(row.3)));
    run(conn, statement).await.map(drop)
}

pub(super) async fn add_notices(conn: &mut PgConnection, rows: &[NoticeRow]) -> Result<(), StoreError> {
    let rows: Vec<_> = rows.iter().collect();
    write_notices(conn, ADD_NOTICES, &rows).await
}

pub(super) async fn save_notices(conn: &mut PgConnection, rows: &[NoticeRow]) -> Result<(), StoreError> {
    write_notices(conn, SAVE_NOTICES, &latest(rows, |row| row.id)).await
}

async fn write_notices(
    conn: &mut PgConnection,
    sql: &'static str,
    rows: &[&NoticeRow],
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let statement = query(sql)
        .bind(column(rows, |row| row.id.0))
        .bind(column(rows, |row| row.citizen.0))
        .bind(column(rows, |row| row.notice.as_str()))
        .bind(column(rows, |row| row.words.as_slice()));
    run(conn, statement).await.map(drop)
}

pub(super) async fn notices(conn: &mut PgConnection, ids: &[NoticeId]) -> Result<Vec<NoticeRow>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    all(conn, query(NOTICES).bind(column(ids, |id| id.0)), NOTICE, |cells| {
        Ok(NoticeRow {
            id: NoticeId(cells.get("id")?),
            citizen: CitizenKey(cells.hash("citizen")?),
            notice: cells.get("notice")?,
            words: cells.get("words")?,
        })
    })
    .await
}
