//! The portal inbox, what citizens send, and the links that tie an address to a citizen.

use jiff::Timestamp;
use rusqlite::Connection;
use uuid::Uuid;

use super::rows::{Cells, all, one, run, write};
use crate::domain::{CitizenKey, NotificationKey};
use crate::ledger::codes::{Table, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{InboundRow, InboxRow, LinkRow};

const INBOX: Table = Table("inbox");
const INBOUND: Table = Table("inbound");
const LINK: Table = Table("link");

const ADD: &str = "
    INSERT INTO inbox (id, citizen, notification, content, at, read_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

pub(super) const NEWEST: &str = "SELECT * FROM inbox WHERE citizen = ?1 ORDER BY id DESC LIMIT ?2";

pub(super) const OLDER: &str = "SELECT * FROM inbox WHERE citizen = ?1 AND id < ?3 ORDER BY id DESC LIMIT ?2";

pub(super) const MARK_READ: &str = "
    UPDATE inbox SET read_at = ?3 WHERE id = ?1 AND citizen = ?2 AND read_at IS NULL RETURNING notification";

pub(super) const OF_CITIZEN: &str = "SELECT notification FROM inbox WHERE id = ?1 AND citizen = ?2";

pub(super) const UNREAD: &str = "SELECT count(*) AS unread FROM inbox WHERE citizen = ?1 AND read_at IS NULL";

const ADD_INBOUND: &str = "
    INSERT INTO inbound (id, channel, route, key, citizen, sender, kind, text, at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
    ON CONFLICT DO NOTHING";

pub(super) const INBOUNDS: &str =
    "SELECT * FROM inbound WHERE citizen = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";

const ADD_LINK: &str = "INSERT INTO link (hash, citizen, channel, expires_at) VALUES (?1, ?2, ?3, ?4)";

/// One that is over is of no use any more: it goes too, and is not given.
pub(super) const TAKE_LINK: &str = "DELETE FROM link WHERE hash = ?1 RETURNING *";

pub(super) fn add(conn: &Connection, rows: &[InboxRow]) -> Result<(), StoreError> {
    write(conn, ADD, rows, |row| {
        (row.id, row.citizen.0, row.notification.0, &row.content, millis(row.at), row.read_at.map(millis))
    })
}

pub(super) fn entries(
    conn: &Connection,
    citizen: CitizenKey,
    before: Option<Uuid>,
    limit: u32,
) -> Result<Vec<InboxRow>, StoreError> {
    match before {
        None => all(conn, NEWEST, (citizen.0, limit), INBOX, entry),
        Some(before) => all(conn, OLDER, (citizen.0, limit, before), INBOX, entry),
    }
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

pub(super) fn read(
    conn: &Connection,
    now: Timestamp,
    citizen: CitizenKey,
    id: Uuid,
) -> Result<Option<(NotificationKey, bool)>, StoreError> {
    let notification = |cells: &Cells<'_>| cells.get("notification").map(NotificationKey);
    if let Some(marked) = one(conn, MARK_READ, (id, citizen.0, millis(now)), INBOX, notification)? {
        return Ok(Some((marked, true)));
    }
    let there = one(conn, OF_CITIZEN, (id, citizen.0), INBOX, notification)?;
    Ok(there.map(|notification| (notification, false)))
}

pub(super) fn unread(conn: &Connection, citizen: CitizenKey) -> Result<u64, StoreError> {
    let count = one(conn, UNREAD, (citizen.0,), INBOX, |cells| cells.number("unread"))?;
    Ok(count.unwrap_or_default())
}

pub(super) fn add_inbounds(conn: &Connection, rows: &[InboundRow]) -> Result<Vec<bool>, StoreError> {
    let add = |row: &InboundRow| {
        let values = (
            row.id,
            row.channel.as_str(),
            row.route.as_str(),
            &row.key,
            row.citizen.map(|key| key.0),
            row.sender,
            &row.kind,
            &row.text,
            millis(row.at),
        );
        run(conn, ADD_INBOUND, values).map(|added| added > 0)
    };
    rows.iter().map(add).collect()
}

pub(super) fn inbounds(
    conn: &Connection,
    citizen: CitizenKey,
    before: Option<Uuid>,
    limit: u32,
) -> Result<Vec<InboundRow>, StoreError> {
    all(conn, INBOUNDS, (citizen.0, before.unwrap_or(Uuid::max()), limit), INBOUND, inbound)
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

pub(super) fn add_link(conn: &Connection, row: &LinkRow) -> Result<(), StoreError> {
    let values = (row.hash, row.citizen.0, row.channel.as_str(), millis(row.expires_at));
    run(conn, ADD_LINK, values).map(drop)
}

pub(super) fn take_link(
    conn: &Connection,
    now: Timestamp,
    hash: [u8; 32],
) -> Result<Option<LinkRow>, StoreError> {
    let taken = one(conn, TAKE_LINK, (hash,), LINK, link)?;
    Ok(taken.filter(|link| link.expires_at > now))
}

fn link(cells: &Cells<'_>) -> Result<LinkRow, StoreError> {
    Ok(LinkRow {
        hash: cells.hash("hash")?,
        citizen: CitizenKey(cells.hash("citizen")?),
        channel: cells.id("channel")?,
        expires_at: cells.moment("expires_at")?,
    })
}
