//! Dead letters, API tokens, pauses, named values and duties.

use jiff::Timestamp;
use rusqlite::Connection;
use uuid::Uuid;
use vestnik_contract::{ChannelId, RouteId};

use super::rows::{Cells, all, one, run, write};
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
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

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

pub(super) fn add_dead(conn: &Connection, rows: &[DeadRow]) -> Result<(), StoreError> {
    write(conn, ADD_DEAD, rows, |row| {
        (
            row.id,
            &row.origin,
            row.source.as_ref().map(SourceId::as_str),
            &row.routing,
            &row.reason,
            &row.detail,
            &row.body,
            millis(row.at),
        )
    })
}

pub(super) fn dead(conn: &Connection, before: Option<Uuid>, limit: u32) -> Result<Vec<DeadRow>, StoreError> {
    match before {
        None => all(conn, NEWEST_DEAD, (limit,), DEAD_LETTER, letter),
        Some(before) => all(conn, OLDER_DEAD, (limit, before), DEAD_LETTER, letter),
    }
}

pub(super) fn dead_letter(conn: &Connection, id: Uuid) -> Result<Option<DeadRow>, StoreError> {
    one(conn, DEAD, (id,), DEAD_LETTER, letter)
}

pub(super) fn remove_dead(conn: &Connection, id: Uuid) -> Result<bool, StoreError> {
    run(conn, REMOVE_DEAD, (id,)).map(|removed| removed > 0)
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

pub(super) fn put_token(conn: &Connection, row: &TokenRow) -> Result<(), StoreError> {
    let values = (
        row.id,
        &row.label,
        row.hash,
        &row.scopes,
        row.source.as_ref().map(SourceId::as_str),
        millis(row.created_at),
        row.expires_at.map(millis),
        row.revoked_at.map(millis),
    );
    run(conn, PUT_TOKEN, values).map(drop)
}

pub(super) fn tokens(conn: &Connection) -> Result<Vec<TokenRow>, StoreError> {
    all(conn, TOKENS, (), TOKEN, token)
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

pub(super) fn put_pause(conn: &Connection, row: &PauseRow) -> Result<(), StoreError> {
    let values = (
        row.channel.as_str(),
        or_all(row.route.as_ref()),
        row.reroute,
        &row.reason,
        &row.person,
        millis(row.at),
        row.expires_at.map(millis),
    );
    run(conn, PUT_PAUSE, values).map(drop)
}

pub(super) fn remove_pause(
    conn: &Connection,
    channel: &ChannelId,
    route: Option<&RouteId>,
) -> Result<bool, StoreError> {
    run(conn, REMOVE_PAUSE, (channel.as_str(), or_all(route))).map(|removed| removed > 0)
}

pub(super) fn pauses(conn: &Connection) -> Result<Vec<PauseRow>, StoreError> {
    all(conn, PAUSES, (), PAUSE, pause)
}

fn pause(cells: &Cells<'_>) -> Result<PauseRow, StoreError> {
    Ok(PauseRow {
        channel: cells.id("channel")?,
        route: cells.id_or_all("route")?,
        reroute: cells.get("reroute")?,
        reason: cells.get("reason")?,
        person: cells.get("person")?,
        at: cells.moment("at")?,
        expires_at: cells.moment_or_none("expires_at")?,
    })
}

pub(super) fn value(conn: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    one(conn, GET_VALUE, (name,), VALUE, |cells| cells.get("value"))
}

pub(super) fn put_value(conn: &Connection, name: &str, value: &str) -> Result<(), StoreError> {
    run(conn, PUT_VALUE, (name, value)).map(drop)
}

pub(super) fn take_duty(
    conn: &Connection,
    now: Timestamp,
    name: &str,
    holder: Uuid,
    until: Timestamp,
) -> Result<Option<i64>, StoreError> {
    let values = (name, holder, millis(until), millis(now));
    one(conn, TAKE_DUTY, values, DUTY, |cells| cells.get("fence"))
}
