//! Providers' references, and receipts that wait for theirs.

use sqlx::{PgConnection, query};
use vestnik_contract::{ChannelId, RouteId};

use super::rows::{Cells, all, column, latest, run};
use crate::domain::{AttemptId, CitizenKey, NoticeId};
use crate::ledger::codes::{Code, Table, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{OrphanRow, ReferenceRow};

const REFERENCE: Table = Table("provider_reference");
const ORPHAN: Table = Table("orphan");

/// An outcome that is recorded twice keeps what its references know by now.
const ADD_REFERENCES: &str = "
    INSERT INTO provider_reference (channel, route, reference, attempt, recipient, notice, citizen, state)
    SELECT * FROM UNNEST($1::text[], $2::text[], $3::text[], $4::uuid[], $5::bytea[], $6::uuid[], $7::bytea[],
                         $8::text[])
    ON CONFLICT (channel, route, reference, attempt) DO NOTHING";

pub(super) const REFERENCES: &str = "
    SELECT channel, route, reference, attempt, recipient, notice, citizen, state
    FROM provider_reference WHERE channel = $1 AND route = $2 AND reference = ANY($3)";

const SAVE_REFERENCES: &str = "
    UPDATE provider_reference AS known SET state = new.state
    FROM UNNEST($1::text[], $2::text[], $3::text[], $4::uuid[], $5::text[])
         AS new (channel, route, reference, attempt, state)
    WHERE known.channel = new.channel AND known.route = new.route AND known.reference = new.reference
      AND known.attempt = new.attempt";

const ADD_ORPHANS: &str = "
    INSERT INTO orphan (channel, route, reference, recipient, state, received_at)
    SELECT * FROM UNNEST($1::text[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::bigint[])
    ON CONFLICT (channel, route, reference, recipient, state) DO NOTHING";

/// Two takers never get the same receipt: each passes over what the other has locked. Each receipt looks
/// for its reference by the index.
pub(super) const TAKE_MATCHED: &str = "
    WITH matched AS MATERIALIZED (
        SELECT orphan.channel, orphan.route, orphan.reference, orphan.recipient, orphan.state,
               orphan.received_at
        FROM orphan
        CROSS JOIN LATERAL (
            SELECT FROM provider_reference AS known
            WHERE known.channel = orphan.channel AND known.route = orphan.route
              AND known.reference = orphan.reference
              AND (orphan.recipient = '' OR known.recipient = orphan.recipient)
            LIMIT 1
        ) AS known
        ORDER BY orphan.received_at
        LIMIT $1
        FOR UPDATE OF orphan SKIP LOCKED
    )
    DELETE FROM orphan USING matched
    WHERE orphan.channel = matched.channel AND orphan.route = matched.route
      AND orphan.reference = matched.reference AND orphan.recipient = matched.recipient
      AND orphan.state = matched.state
    RETURNING orphan.channel, orphan.route, orphan.reference, orphan.recipient, orphan.state,
              orphan.received_at";

pub(super) async fn add_references(conn: &mut PgConnection, rows: &[ReferenceRow]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let statement = query(ADD_REFERENCES)
        .bind(column(rows, |row| row.channel.as_str()))
        .bind(column(rows, |row| row.route.as_str()))
        .bind(column(rows, |row| row.reference.as_str()))
        .bind(column(rows, |row| row.attempt.0))
        .bind(column(rows, |row| row.recipient))
        .bind(column(rows, |row| row.notice.0))
        .bind(column(rows, |row| row.citizen.0))
        .bind(column(rows, |row| row.state.map(Code::code)));
    run(conn, statement).await.map(drop)
}

pub(super) async fn references(
    conn: &mut PgConnection,
    channel: &ChannelId,
    route: &RouteId,
    references: &[String],
) -> Result<Vec<ReferenceRow>, StoreError> {
    if references.is_empty() {
        return Ok(Vec::new());
    }
    let statement = query(REFERENCES).bind(channel.as_str()).bind(route.as_str()).bind(references);
    all(conn, statement, REFERENCE, reference).await
}

pub(super) async fn save_references(
    conn: &mut PgConnection,
    rows: &[ReferenceRow],
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = latest(rows, |row| (&row.channel, &row.route, &row.reference, row.attempt));
    let statement = query(SAVE_REFERENCES)
        .bind(column(&rows, |row| row.channel.as_str()))
        .bind(column(&rows, |row| row.route.as_str()))
        .bind(column(&rows, |row| row.reference.as_str()))
        .bind(column(&rows, |row| row.attempt.0))
        .bind(column(&rows, |row| row.state.map(Code::code)));
    run(conn, statement).await.map(drop)
}

fn reference(cells: &Cells<'_>) -> Result<ReferenceRow, StoreError> {
    Ok(ReferenceRow {
        channel: cells.id("channel")?,
        route: cells.id("route")?,
        reference: cells.get("reference")?,
        recipient: cells.hash("recipient")?,
        notice: NoticeId(cells.get("notice")?),
        citizen: CitizenKey(cells.hash("citizen")?),
        attempt: AttemptId(cells.get("attempt")?),
        state: cells.code_or_none("state")?,
    })
}

pub(super) async fn add_orphans(conn: &mut PgConnection, rows: &[OrphanRow]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let statement = query(ADD_ORPHANS)
        .bind(column(rows, |row| row.channel.as_str()))
        .bind(column(rows, |row| row.route.as_str()))
        .bind(column(rows, |row| row.reference.as_str()))
        .bind(column(rows, |row| row.recipient.as_ref().map_or(&[][..], |hash| &hash[..])))
        .bind(column(rows, |row| row.state.code()))
        .bind(column(rows, |row| millis(row.received_at)));
    run(conn, statement).await.map(drop)
}

pub(super) async fn take_matched_orphans(
    conn: &mut PgConnection,
    limit: u32,
) -> Result<Vec<OrphanRow>, StoreError> {
    let mut taken = all(conn, query(TAKE_MATCHED).bind(i64::from(limit)), ORPHAN, orphan).await?;
    taken.sort_by_key(|row| row.received_at);
    Ok(taken)
}

fn orphan(cells: &Cells<'_>) -> Result<OrphanRow, StoreError> {
    let recipient: &[u8] = cells.get("recipient")?;
    Ok(OrphanRow {
        channel: cells.id("channel")?,
        route: cells.id("route")?,
        reference: cells.get("reference")?,
        recipient: cells.table.hash_or_none((!recipient.is_empty()).then_some(recipient))?,
        state: cells.code("state")?,
        received_at: cells.moment("received_at")?,
    })
}
