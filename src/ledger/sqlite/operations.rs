//! Dead letters, API tokens, pauses, named values and duties.

use jiff::Timestamp;
use sqlx::query;
use sqlx::sqlite::SqliteConnection;
use uuid::Uuid;
use vestnik_contract::{ChannelId, RouteId};

use super::rows::{Batch, Cells, Values, all, one, run};
use crate::domain::SourceId;
use crate::ledger::codes::{Table, millis, or_all};
use crate::ledger::error::StoreError;
use crate::ledger::store::{DeadRow, PauseRow, TokenRow};

const DEAD_LETTER: Table = Table("dead_letter");
const TOKEN: Table = Table("token");
const PAUSE: Table = Table("pause");
const VALUE: Table = Table("value");
const DUTY: Table = Table("duty");

const ADD_DEAD: Batch = Batch {
    head: "INSERT INTO dead_letter (id, origin, source, routing, reason, detail, body, at) ",
    tail: "",
};

const NEWEST_DEAD: &str = "SELECT * FROM dead_letter ORDER BY id DESC LIMIT ?1";

pub(super) const OLDER_DEAD: &str = "SELECT * FROM dead_letter WHERE id < ?2 ORDER BY id DESC LIMIT ?1";

pub(super) const DEAD: &str = "SELECT * FROM dead_letter WHERE id = ?1";

pub(super) const REMOVE_DEAD: &str = "DELETE FROM dead_letter WHERE id = ?1";

const PUT_TOKEN: &str = "
    INSERT INTO token (id, label, hash, scopes, source, created_at, expires_at, revoked_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    ON CONFLICT (id) DO UPDATE SET
        label = excluded.label, hash = excluded.hash, scopes = excluded.scopes, source = excluded.source,
        created_at = excluded.created_at, expires_at = excluded.expires_at, revoked_at = excluded.revoked_at";

const TOKENS: &str = "SELECT * FROM token ORDER BY id";

const PUT_PAUSE: &str = "
    INSERT INTO pause (channel, route, reroute, reason, person, at, expires_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
    ON CONFLICT (channel, route) DO UPDATE SET
        reroute = excluded.reroute, reason = excluded.reason, person = excluded.person, at = excluded.at,
        expires_at = excluded.expires_at";

const REMOVE_PAUSE: &str = "DELETE FROM pause WHERE channel = ?1 AND route = ?2";

const PAUSES: &str = "SELECT * FROM pause";

const GET_VALUE: &str = "SELECT value FROM value WHERE name = ?1";

const PUT_VALUE: &str = "
    INSERT INTO value (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";

/// The fence rises when the holder changes, and only then.
const TAKE_DUTY: &str = "
    INSERT INTO duty (name, holder, until, fence) VALUES (?1, ?2, ?3, 1)
    ON CONFLICT (name) DO UPDATE SET
        holder = excluded.holder, until = excluded.until, fence = fence + (holder <> excluded.holder)
    WHERE holder = excluded.holder OR until <= ?4
    RETURNING fence";

pub(super) async fn add_dead(conn: &mut SqliteConnection, rows: &[DeadRow]) -> Result<(), StoreError> {
    let bind = |values: &mut Values<'_>, row: &DeadRow| {
        values
            .push_bind(row.id)
            .push_bind(row.origin.as_str())
            .push_bind(row.source.as_ref().map(SourceId::as_str))
            .push_bind(row.routing.as_str())
            .push_bind(row.reason.as_str())
            .push_bind(row.detail.as_str())
            .push_bind(row.body.as_slice())
            .push_bind(millis(row.at));
    };
    ADD_DEAD.run(conn, rows, bind).await
}

pub(super) async fn dead(
    conn: &mut SqliteConnection,
    before: Option<Uuid>,
    limit: u32,
) -> Result<Vec<DeadRow>, StoreError> {
    let statement = match before {
        None => query(NEWEST_DEAD).bind(limit),
        Some(before) => query(OLDER_DEAD).bind(limit).bind(before),
    };
    all(conn, statement, DEAD_LETTER, letter).await
}

pub(super) async fn dead_letter(
    conn: &mut SqliteConnection,
    id: Uuid,
) -> Result<Option<DeadRow>, StoreError> {
    one(conn, query(DEAD).bind(id), DEAD_LETTER, letter).await
}

pub(super) async fn remove_dead(conn: &mut SqliteConnection, id: Uuid) -> Result<bool, StoreError> {
    run(conn, query(REMOVE_DEAD).bind(id)).await.map(|removed| removed > 0)
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

pub(super) async fn put_token(conn: &mut SqliteConnection, row: &TokenRow) -> Result<(), StoreError> {
    let statement = query(PUT_TOKEN)
        .bind(row.id)
        .bind(&row.label)
        .bind(row.hash.as_slice())
        .bind(&row.scopes)
        .bind(row.source.as_ref().map(SourceId::as_str))
        .bind(millis(row.created_at))
        .bind(row.expires_at.map(millis))
        .bind(row.revoked_at.map(millis));
    run(conn, statement).await.map(drop)
}

pub(super) async fn tokens(conn: &mut SqliteConnection) -> Result<Vec<TokenRow>, StoreError> {
    all(conn, query(TOKENS), TOKEN, token).await
}

fn token(cells: &Cells<'_>) -> Result<TokenRow, StoreError> {
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
}

pub(super) async fn put_pause(conn: &mut SqliteConnection, row: &PauseRow) -> Result<(), StoreError> {
    let statement = query(PUT_PAUSE)
        .bind(row.channel.as_str())
        .bind(or_all(row.route.as_ref()))
        .bind(i64::from(row.reroute))
        .bind(&row.reason)
        .bind(&row.person)
        .bind(millis(row.at))
        .bind(row.expires_at.map(millis));
    run(conn, statement).await.map(drop)
}

pub(super) async fn remove_pause(
    conn: &mut SqliteConnection,
    channel: &ChannelId,
    route: Option<&RouteId>,
) -> Result<bool, StoreError> {
    let statement = query(REMOVE_PAUSE).bind(channel.as_str()).bind(or_all(route));
    run(conn, statement).await.map(|removed| removed > 0)
}

pub(super) async fn pauses(conn: &mut SqliteConnection) -> Result<Vec<PauseRow>, StoreError> {
    all(conn, query(PAUSES), PAUSE, pause).await
}

fn pause(cells: &Cells<'_>) -> Result<PauseRow, StoreError> {
    Ok(PauseRow {
        channel: cells.id("channel")?,
        route: cells.id_or_all("route")?,
        reroute: cells.get::<i64>("reroute")? != 0,
        reason: cells.get("reason")?,
        person: cells.get("person")?,
        at: cells.moment("at")?,
        expires_at: cells.moment_or_none("expires_at")?,
    })
}

pub(super) async fn value(conn: &mut SqliteConnection, name: &str) -> Result<Option<String>, StoreError> {
    one(conn, query(GET_VALUE).bind(name), VALUE, |cells| cells.get("value")).await
}

pub(super) async fn put_value(
    conn: &mut SqliteConnection,
    name: &str,
    value: &str,
) -> Result<(), StoreError> {
    run(conn, query(PUT_VALUE).bind(name).bind(value)).await.map(drop)
}

pub(super) async fn take_duty(
    conn: &mut SqliteConnection,
    now: Timestamp,
    name: &str,
    holder: Uuid,
    until: Timestamp,
) -> Result<Option<i64>, StoreError> {
    let statement = query(TAKE_DUTY).bind(name).bind(holder).bind(millis(until)).bind(millis(now));
    one(conn, statement, DUTY, |cells| cells.get("fence")).await
}
