//! The portal inbox, what citizens send, and the tokens that tie an address to a citizen.

use std::collections::HashSet;

use jiff::Timestamp;
use sqlx::{PgConnection, query};
use uuid::Uuid;

use super::rows::{Cells, all, column, one, run};
use crate::domain::{CitizenKey, NotificationKey};
use crate::ledger::codes::{Table, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{InboundRow, InboxRow, LinkRow};

const INBOX: Table = Table("inbox");
const INBOUND: Table = Table("inbound");
const LINK: Table = Table("link");

const ADD_ENTRIES: &str = "
    INSERT INTO inbox (citizen, id, notification, content, at, read_at)
    SELECT * FROM UNNEST($1::bytea[], $2::uuid[], $3::uuid[], $4::bytea[], $5::bigint[], $6::bigint[])";

const ENTRIES: &str = "
    SELECT citizen, id, notification, content, at, read_at
    FROM inbox WHERE citizen = $1 AND id < $2 ORDER BY id DESC LIMIT $3";

/// Of two readers at once only one finds it unread: the other's update waits, and then matches
/// nothing.
const READ: &str = "
    WITH marked AS (
        UPDATE inbox SET read_at = $3 WHERE citizen = $1 AND id = $2 AND read_at IS NULL RETURNING id
    )
    SELECT notification, EXISTS (SELECT FROM marked) AS newly FROM inbox WHERE citizen = $1 AND id = $2";

const UNREAD: &str = "SELECT count(*) AS entries FROM inbox WHERE citizen = $1 AND read_at IS NULL";

const ADD_INBOUNDS: &str = "
    INSERT INTO inbound (id, channel, route, key, citizen, sender, kind, text, at)
    SELECT id, channel, route, key, citizen, sender, kind, text, at
    FROM UNNEST($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::bytea[], $7::text[],
                $8::bytea[], $9::bigint[])
         WITH ORDINALITY AS new (id, channel, route, key, citizen, sender, kind, text, at, nr)
    ORDER BY nr
    ON CONFLICT DO NOTHING
    RETURNING id";

const INBOUNDS: &str = "
    SELECT id, channel, route, key, citizen, sender, kind, text, at
    FROM inbound WHERE citizen = $1 AND id < $2 ORDER BY id DESC LIMIT $3";

const ADD_LINK: &str = "INSERT INTO link (hash, citizen, channel, expires_at) VALUES ($1, $2, $3, $4)";

const TAKE_LINK: &str = "
    DELETE FROM link WHERE hash = $1 AND expires_at > $2
    RETURNING hash, citizen, channel, expires_at";

pub(super) async fn add(conn: &mut PgConnection, rows: &[InboxRow]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let statement = query(ADD_ENTRIES)
        .bind(column(rows, |row| row.citizen.0))
        .bind(column(rows, |row| row.id))
        .bind(column(rows, |row| row.notification.0))
        .bind(column(rows, |row| row.content.as_slice()))
        .bind(column(rows, |row| millis(row.at)))
        .bind(column(rows, |row| row.read_at.map(millis)));
    run(conn, statement).await.map(drop)
}

pub(super) async fn entries(
    conn: &mut PgConnection,
    citizen: CitizenKey,
    before: Option<Uuid>,
    limit: u32,
) -> Result<Vec<InboxRow>, StoreError> {
    let before = before.unwrap_or(Uuid::max());
    let statement = query(ENTRIES).bind(citizen.0).bind(before).bind(i64::from(limit));
    all(conn, statement, INBOX, entry).await
}

pub(super) async fn read(
    conn: &mut PgConnection,
    now: Timestamp,
    citizen: CitizenKey,
    id: Uuid,
) -> Result<Option<(NotificationKey, bool)>, StoreError> {
    let statement = query(READ).bind(citizen.0).bind(id).bind(millis(now));
    let read = |cells: &Cells<'_>| Ok((NotificationKey(cells.get("notification")?), cells.get("newly")?));
    one(conn, statement, INBOX, read).await
}

pub(super) async fn unread(conn: &mut PgConnection, citizen: CitizenKey) -> Result<u64, StoreError> {
    let count = |cells: &Cells<'_>| cells.table.number(cells.get("entries")?);
    Ok(one(conn, query(UNREAD).bind(citizen.0), INBOX, count).await?.unwrap_or_default())
}

fn entry(cells: &Cells<'_>) -> Result<InboxRow, StoreError> {
    Ok(InboxRow {
        id: cells.get("id")?,
        citizen: CitizenKey(cells.hash("citizen")?),
        notification: NotificationKey(cells.get("notification")?),
        content: cells.get("content")?,
        at: cells.moment("at")?,
        read_at: cells.moment_or_none("read_at")?,
    })
}

pub(super) async fn add_inbounds(
    conn: &mut PgConnection,
    rows: &[InboundRow],
) -> Result<Vec<bool>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let statement = query(ADD_INBOUNDS)
        .bind(column(rows, |row| row.id))
        .bind(column(rows, |row| row.channel.as_str()))
        .bind(column(rows, |row| row.route.as_str()))
        .bind(column(rows, |row| row.key.as_str()))
        .bind(column(rows, |row| row.citizen.map(|key| key.0)))
        .bind(column(rows, |row| row.sender))
        .bind(column(rows, |row| row.kind.as_str()))
        .bind(column(rows, |row| row.text.as_slice()))
        .bind(column(rows, |row| millis(row.at)));
    let kept = all(conn, statement, INBOUND, |cells| cells.get("id")).await?;
    // Taken out as it is found, so that the same row given twice is new once.
    let mut kept: HashSet<Uuid> = kept.into_iter().collect();
    Ok(column(rows, |row| row.id).iter().map(|id| kept.remove(id)).collect())
}

pub(super) async fn inbounds(
    conn: &mut PgConnection,
    citizen: CitizenKey,
    before: Option<Uuid>,
    limit: u32,
) -> Result<Vec<InboundRow>, StoreError> {
    let before = before.unwrap_or(Uuid::max());
    let statement = query(INBOUNDS).bind(citizen.0).bind(before).bind(i64::from(limit));
    all(conn, statement, INBOUND, inbound).await
}

fn inbound(cells: &Cells<'_>) -> Result<InboundRow, StoreError> {
    Ok(InboundRow {
        id: cells.get("id")?,
        channel: cells.id("channel")?,
        route: cells.id("route")?,
        key: cells.get("key")?,
        citizen: cells.hash_or_none("citizen")?.map(CitizenKey),
        sender: cells.hash("sender")?,
        kind: cells.get("kind")?,
        text: cells.get("text")?,
        at: cells.moment("at")?,
    })
}

pub(super) async fn add_link(conn: &mut PgConnection, row: &LinkRow) -> Result<(), StoreError> {
    let statement = query(ADD_LINK)
        .bind(row.hash)
        .bind(row.citizen.0)
        .bind(row.channel.as_str())
        .bind(millis(row.expires_at));
    run(conn, statement).await.map(drop)
}

pub(super) async fn take_link(
    conn: &mut PgConnection,
    now: Timestamp,
    hash: [u8; 32],
) -> Result<Option<LinkRow>, StoreError> {
    one(conn, query(TAKE_LINK).bind(hash).bind(millis(now)), LINK, |cells| {
        Ok(LinkRow {
            hash: cells.hash("hash")?,
            citizen: CitizenKey(cells.hash("citizen")?),
            channel: cells.id("channel")?,
            expires_at: cells.moment("expires_at")?,
        })
    })
    .await
}
