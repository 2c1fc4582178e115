//! Providers' references, and receipts that came before them.

use rusqlite::Connection;
use vestnik_contract::{ChannelId, RouteId};

use super::rows::{Cells, all, find, write};
use crate::domain::{AttemptId, CitizenKey, NoticeId};
use crate::ledger::codes::{Code, Table, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{OrphanRow, ReferenceRow};

const REFERENCE: Table = Table("provider_reference");
const ORPHAN: Table = Table("orphan");

const ADD: &str = "
    INSERT INTO provider_reference (channel, route, reference, attempt, recipient, notice, citizen, state)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    ON CONFLICT (channel, route, reference, attempt) DO NOTHING";

pub(super) const FIND: &str =
    "SELECT * FROM provider_reference WHERE channel = ?1 AND route = ?2 AND reference = ?3";

pub(super) const SAVE: &str = "
    UPDATE provider_reference SET state = ?5
    WHERE channel = ?1 AND route = ?2 AND reference = ?3 AND attempt = ?4";

const ADD_ORPHAN: &str = "
    INSERT INTO orphan (channel, route, reference, recipient, state, received_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (channel, route, reference, recipient, state) DO NOTHING";

pub(super) const TAKE_MATCHED: &str = "
    DELETE FROM orphan WHERE (channel, route, reference, recipient, state) IN (
        SELECT channel, route, reference, recipient, state FROM orphan AS waiting
        WHERE EXISTS (
            SELECT 1 FROM provider_reference AS known
            WHERE known.channel = waiting.channel AND known.route = waiting.route
                AND known.reference = waiting.reference AND waiting.recipient IN (x'', known.recipient))
        ORDER BY received_at LIMIT ?1)
    RETURNING *";

pub(super) fn add_references(conn: &Connection, rows: &[ReferenceRow]) -> Result<(), StoreError> {
    write(conn, ADD, rows, |row| {
        (
            row.channel.as_str(),
            row.route.as_str(),
            &row.reference,
            row.attempt.0,
            row.recipient,
            row.notice.0,
            row.citizen.0,
            row.state.map(Code::code),
        )
    })
}

pub(super) fn references(
    conn: &Connection,
    channel: &ChannelId,
    route: &RouteId,
    references: &[String],
) -> Result<Vec<ReferenceRow>, StoreError> {
    find(
        conn,
        FIND,
        references,
        |reference| (channel.as_str(), route.as_str(), reference),
        REFERENCE,
        reference,
    )
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

pub(super) fn save_references(conn: &Connection, rows: &[ReferenceRow]) -> Result<(), StoreError> {
    write(conn, SAVE, rows, |row| {
        (row.channel.as_str(), row.route.as_str(), &row.reference, row.attempt.0, row.state.map(Code::code))
    })
}

pub(super) fn add_orphans(conn: &Connection, rows: &[OrphanRow]) -> Result<(), StoreError> {
    write(conn, ADD_ORPHAN, rows, |row| {
        (
            row.channel.as_str(),
            row.route.as_str(),
            &row.reference,
            row.recipient.as_ref().map_or([].as_slice(), <[u8; 32]>::as_slice),
            row.state.code(),
            millis(row.received_at),
        )
    })
}

pub(super) fn take_matched_orphans(conn: &Connection, limit: u32) -> Result<Vec<OrphanRow>, StoreError> {
    let mut taken = all(conn, TAKE_MATCHED, (limit,), ORPHAN, orphan)?;
    // A DELETE gives its rows in no order.
    taken.sort_by_key(|row| row.received_at);
    Ok(taken)
}

fn orphan(cells: &Cells<'_>) -> Result<OrphanRow, StoreError> {
    let recipient = cells.bytes("recipient")?;
    Ok(OrphanRow {
        channel: cells.id("channel")?,
        route: cells.id("route")?,
        reference: cells.get("reference")?,
        recipient: cells.table.hash_or_none((!recipient.is_empty()).then_some(recipient))?,
        state: cells.code("state")?,
        received_at: cells.moment("received_at")?,
    })
}
