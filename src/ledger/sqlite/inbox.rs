//! The portal inbox, what citizens send, and the links that tie an address to a citizen.

use std::collections::HashSet;

use jiff::Timestamp;
use sqlx::query;
use sqlx::sqlite::SqliteConnection;
use uuid::Uuid;

use super::rows::{Batch, Cells, Values, all, one, run};
use crate::domain::{CitizenKey, NotificationKey};
use crate::ledger::codes::{Table, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{InboundRow, InboxRow, LinkRow};

const INBOX: Table = Table("inbox");
const INBOUND: Table = Table("inbound");
const LINK: Table = Table("link");

const ADD: Batch =
    Batch { head: "INSERT INTO inbox (id, citizen, notification, content, at, read_at) ", tail: "" };

pub(super) const NEWEST: &str = "SELECT * FROM inbox WHERE citizen = ?1 ORDER BY id DESC LIMIT ?2";

pub(super) const OLDER: &str = "SELECT * FROM inbox WHERE citizen = ?1 AND id < ?3 ORDER BY id DESC LIMIT ?2";

pub(super) const MARK_READ: &str = "
    UPDATE inbox SET read_at = ?3 WHERE id = ?1 AND citizen = ?2 AND read_at IS NULL RETURNING notification";

pub(super) const OF_CITIZEN: &str = "SELECT notification FROM inbox WHERE id = ?1 AND citizen = ?2";

pub(super) const UNREAD: &str = "SELECT count(*) AS unread FROM inbox WHERE citizen = ?1 AND read_at IS NULL";

const ADD_INBOUNDS: Batch = Batch {
    head: "INSERT INTO inbound (id, channel, route, key, citizen, sender, kind, text, at) ",
    tail: " ON CONFLICT DO NOTHING RETURNING id",
};

const ADD_LINK: &str = "INSERT INTO link (hash, citizen, channel, expires_at) VALUES (?1, ?2, ?3, ?4)";

/// One that is over is of no use any more: it goes too, and is not given.
pub(super) const TAKE_LINK: &str = "DELETE FROM link WHERE hash = ?1 RETURNING *";

pub(super) async fn add(conn: &mut SqliteConnection, rows: &[InboxRow]) -> Result<(), StoreError> {
    let bind = |values: &mut Values<'_>, row: &InboxRow| {
        values
            .push_bind(row.id)
            .push_bind(row.citizen.0.as_slice())
            .push_bind(row.notification.0)
            .push_bind(row.content.as_slice())
            .push_bind(millis(row.at))
            .push_bind(row.read_at.map(millis));
    };
    ADD.run(conn, rows, bind).await
}

pub(super) async fn entries(
    conn: &mut SqliteConnection,
    citizen: CitizenKey,
    before: Option<Uuid>,
    limit: u32,
) -> Result<Vec<InboxRow>, StoreError> {
    let citizen = citizen.0.as_slice();
    let statement = match before {
        None => query(NEWEST).bind(citizen).bind(limit),
        Some(before) => query(OLDER).bind(citizen).bind(limit).bind(before),
    };
    all(conn, statement, INBOX, entry).await
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

pub(super) async fn read(
    conn: &mut SqliteConnection,
    now: Timestamp,
    citizen: CitizenKey,
    id: Uuid,
) -> Result<Option<(NotificationKey, bool)>, StoreError> {
    let notification = |cells: &Cells<'_>| cells.get("notification").map(NotificationKey);
    let citizen = citizen.0.as_slice();
    let mark = query(MARK_READ).bind(id).bind(citizen).bind(millis(now));
    if let Some(marked) = one(conn, mark, INBOX, notification).await? {
        return Ok(Some((marked, true)));
    }
    let there = one(conn, query(OF_CITIZEN).bind(id).bind(citizen), INBOX, notification).await?;
    Ok(there.map(|notification| (notification, false)))
}

pub(super) async fn unread(conn: &mut SqliteConnection, citizen: CitizenKey) -> Result<u64, StoreError> {
    let statement = query(UNREAD).bind(citizen.0.as_slice());
    let count = one(conn, statement, INBOX, |cells| cells.number("unread")).await?;
    Ok(count.unwrap_or_default())
}

pub(super) async fn add_inbounds(
    conn: &mut SqliteConnection,
    rows: &[InboundRow],
) -> Result<Vec<bool>, StoreError> {
    let bind = |values: &mut Values<'_>, row: &InboundRow| {
        values
            .push_bind(row.id)
            .push_bind(row.channel.as_str())
            .push_bind(row.route.as_str())
            .push_bind(row.key.as_str())
            .push_bind(row.citizen.as_ref().map(|key| key.0.as_slice()))
            .push_bind(row.sender.as_slice())
            .push_bind(row.kind.as_str())
            .push_bind(row.text.as_slice())
            .push_bind(millis(row.at));
    };
    let added = ADD_INBOUNDS.all(conn, rows, bind, INBOUND, |cells| cells.get::<Uuid>("id")).await?;
    let mut added: HashSet<_> = added.into_iter().collect();
    Ok(rows.iter().map(|row| added.remove(&row.id)).collect())
}

pub(super) async fn add_link(conn: &mut SqliteConnection, row: &LinkRow) -> Result<(), StoreError> {
    let statement = query(ADD_LINK)
        .bind(row.hash.as_slice())
        .bind(row.citizen.0.as_slice())
        .bind(row.channel.as_str())
        .bind(millis(row.expires_at));
    run(conn, statement).await.map(drop)
}

pub(super) async fn take_link(
    conn: &mut SqliteConnection,
    now: Timestamp,
    hash: [u8; 32],
) -> Result<Option<LinkRow>, StoreError> {
    let taken = one(conn, query(TAKE_LINK).bind(hash.as_slice()), LINK, link).await?;
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
