//! What operators see and set: dead letters, API tokens, pauses, named values, duties.

use jiff::Timestamp;
use sqlx::{PgConnection, query};
use uuid::Uuid;
use vestnik_contract::{ChannelId, RouteId};

use super::rows::{Cells, all, column, one, run};
use crate::domain::SourceId;
use crate::ledger::codes::{Table, millis, or_all};
use crate::ledger::error::StoreError;
use crate::ledger::store::{DeadRow, PauseRow, TokenRow};

const DEAD_LETTER: Table = Table("dead_letter");
const TOKEN: Table = Table("token");
const PAUSE: Table = Table("pause");
const VALUE: Table = Table("value");
const DUTY: Table = Table("duty");

const ADD_DEAD: &str = "
    INSERT INTO dead_letter (id, origin, source, routing, reason, detail, body, at)
    SELECT * FROM UNNEST($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[],
                         $8::bigint[])";

const DEAD: &str = "
    SELECT id, origin, source, routing, reason, detail, body, at
    FROM dead_letter WHERE id < $1 ORDER BY id DESC LIMIT $2";

const ONE_DEAD: &str = "
    SELECT id, origin, source, routing, reason, detail, body, at
    FROM dead_letter WHERE id = $1";

const REMOVE_DEAD: &str = "DELETE FROM dead_letter WHERE id = $1";

const PUT_TOKEN: &str = "
    INSERT INTO token (id, label, hash, scopes, source, created_at, expires_at, revoked_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (id) DO UPDATE SET
        label = EXCLUDED.label, hash = EXCLUDED.hash, scopes = EXCLUDED.scopes, source = EXCLUDED.source,
        created_at = EXCLUDED.created_at, expires_at = EXCLUDED.expires_at, revoked_at = EXCLUDED.revoked_at";

const TOKENS: &str = "
    SELECT id, label, hash, scopes, source, created_at, expires_at, revoked_at
    FROM token ORDER BY id";

const PUT_PAUSE: &str = "
    INSERT INTO pause (channel, route, reroute, reason, person, at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (channel, route) DO UPDATE SET
        reroute = EXCLUDED.reroute, reason = EXCLUDED.reason, person = EXCLUDED.person, at = EXCLUDED.at,
        expires_at = EXCLUDED.expires_at";

const REMOVE_PAUSE: &str = "DELETE FROM pause WHERE channel = $1 AND route = $2";

const PAUSES: &str = "
    SELECT channel, route, reroute, reason, person, at, expires_at
    FROM pause ORDER BY channel, route";

const VALUE_OF: &str = "SELECT value FROM value WHERE name = $1";

const PUT_VALUE: &str = "
    INSERT INTO value (name, value) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value";

/// Gives no row while another holds the duty.
const TAKE_DUTY: &str = "
    INSERT INTO duty (name, holder, until, fence) VALUES ($1, $2, $3, 1)
    ON CONFLICT (name) DO UPDATE SET
        holder = EXCLUDED.holder, until = EXCLUDED.until,
        fence = duty.fence + (duty.holder <> EXCLUDED.holder)::int
    WHERE duty.holder = EXCLUDED.holder OR duty.until <= $4
    RETURNING fence";

pub(super) async fn add_dead(conn: &mut PgConnection, rows: &[DeadRow]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let statement = query(ADD_DEAD)
        .bind(column(rows, |row| row.id))
        .bind(column(rows, |row| row.origin.as_str()))
        .bind(column(rows, |row| row.source.as_ref().map(SourceId::as_str)))
        .bind(column(rows, |row| row.routing.as_str()))
        .bind(column(rows, |row| row.reason.as_str()))
        .bind(column(rows, |row| row.detail.as_str()))
        .bind(column(rows, |row| row.body.as_slice()))
        .bind(column(rows, |row| millis(row.at)));
    run(conn, statement).await.map(drop)
}

pub(super) async fn dead(
    conn: &mut PgConnection,
    before: Option<Uuid>,
    limit: u32,
) -> Result<Vec<DeadRow>, StoreError> {
    let statement = query(DEAD).bind(before.unwrap_or(Uuid::max())).bind(i64::from(limit));
    all(conn, statement, DEAD_LETTER, letter).await
}

pub(super) async fn dead_letter(conn: &mut PgConnection, id: Uuid) -> Result<Option<DeadRow>, StoreError> {
    one(conn, query(ONE_DEAD).bind(id), DEAD_LETTER, letter).await
}

pub(super) async fn remove_dead(conn: &mut PgConnection, id: Uuid) -> Result<bool, StoreError> {
    Ok(run(conn, query(REMOVE_DEAD).bind(id)).await? > 0)
}

fn letter(cells: &Cells<'_>) -> Result<DeadRow, StoreError> {
    Ok(DeadRow {
        id: cells.get("id")?,
        origin: cells.get("origin")?,
        source: cells.id_or_none("source")?,
        routing: cells.get("routing")?,
        reason: cells.get("reason")?,
        detail: cells.get("detail")?,
        body: cells.get("body")?,
        at: cells.moment("at")?,
    })
}

pub(super) async fn put_token(conn: &mut PgConnection, row: &TokenRow) -> Result<(), StoreError> {
    let statement = query(PUT_TOKEN)
        .bind(row.id)
        .bind(&row.label)
        .bind(row.hash)
        .bind(&row.scopes)
        .bind(row.source.as_ref().map(SourceId::as_str))
        .bind(millis(row.created_at))
        .bind(row.expires_at.map(millis))
        .bind(row.revoked_at.map(millis));
    run(conn, statement).await.map(drop)
}

pub(super) async fn tokens(conn: &mut PgConnection) -> Result<Vec<TokenRow>, StoreError> {
    all(conn, query(TOKENS), TOKEN, |cells| {
        Ok(TokenRow {
            id: cells.get("id")?,
            label: cells.get("label")?,
            hash: cells.hash("hash")?,
            scopes: cells.get("scopes")?,
            source: cells.id_or_none("source")?,
            created_at: cells.moment("created_at")?,
            expires_at: cells.moment_or_none("expires_at")?,
            revoked_at: cells.moment_or_none("revoked_at")?,
        })
    })
    .await
}

pub(super) async fn put_pause(conn: &mut PgConnection, row: &PauseRow) -> Result<(), StoreError> {
    let statement = query(PUT_PAUSE)
        .bind(row.channel.as_str())
        .bind(or_all(row.route.as_ref()))
        .bind(row.reroute)
        .bind(&row.reason)
        .bind(&row.person)
        .bind(millis(row.at))
        .bind(row.expires_at.map(millis));
    run(conn, statement).await.map(drop)
}

pub(super) async fn remove_pause(
    conn: &mut PgConnection,
    channel: &ChannelId,
    route: Option<&RouteId>,
) -> Result<bool, StoreError> {
    Ok(run(conn, query(REMOVE_PAUSE).bind(channel.as_str()).bind(or_all(route))).await? > 0)
}

pub(super) async fn pauses(conn: &mut PgConnection) -> Result<Vec<PauseRow>, StoreError> {
    all(conn, query(PAUSES), PAUSE, |cells| {
        Ok(PauseRow {
            channel: cells.id("channel")?,
            route: cells.id_or_all("route")?,
            reroute: cells.get("reroute")?,
            reason: cells.get("reason")?,
            person: cells.get("person")?,
            at: cells.moment("at")?,
            expires_at: cells.moment_or_none("expires_at")?,
        })
    })
    .await
}

pub(super) async fn value(conn: &mut PgConnection, name: &str) -> Result<Option<String>, StoreError> {
    one(conn, query(VALUE_OF).bind(name), VALUE, |cells| cells.get("value")).await
}

pub(super) async fn put_value(conn: &mut PgConnection, name: &str, value: &str) -> Result<(), StoreError> {
    run(conn, query(PUT_VALUE).bind(name).bind(value)).await.map(drop)
}

pub(super) async fn take_duty(
    conn: &mut PgConnection,
    now: Timestamp,
    name: &str,
    holder: Uuid,
    until: Timestamp,
) -> Result<Option<i64>, StoreError> {
    let statement = query(TAKE_DUTY).bind(name).bind(holder).bind(millis(until)).bind(millis(now));
    one(conn, statement, DUTY, |cells| cells.get("fence")).await
}
