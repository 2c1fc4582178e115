//! Providers' references, and receipts that came before them.

use sqlx::query;
use sqlx::sqlite::SqliteConnection;
use vestnik_contract::{ChannelId, RouteId};

use super::rows::{Batch, Cells, Values, all};
use crate::domain::{AttemptId, CitizenKey, NoticeId};
use crate::ledger::codes::{Code, Table, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{OrphanRow, ReferenceRow};

const REFERENCE: Table = Table("provider_reference");
const ORPHAN: Table = Table("orphan");

const ADD: Batch = Batch {
    head: "INSERT INTO provider_reference
        (channel, route, reference, attempt, recipient, notice, citizen, state) ",
    tail: " ON CONFLICT (channel, route, reference, attempt) DO NOTHING",
};

pub(super) const FIND: Batch =
    Batch { head: "SELECT * FROM provider_reference WHERE (channel, route, reference) IN (", tail: ")" };

pub(super) const SAVE: Batch = Batch {
    head: "UPDATE provider_reference AS old SET state = new.column5 FROM (",
    tail: ") AS new WHERE old.channel = new.column1 AND old.route = new.column2
        AND old.reference = new.column3 AND old.attempt = new.column4",
};

const ADD_ORPHANS: Batch = Batch {
    head: "INSERT INTO orphan (channel, route, reference, recipient, state, received_at) ",
    tail: " ON CONFLICT (channel, route, reference, recipient, state) DO NOTHING",
};

pub(super) const TAKE_MATCHED: &str = "
    DELETE FROM orphan WHERE (channel, route, reference, recipient, state) IN (
        SELECT channel, route, reference, recipient, state FROM orphan AS waiting
        WHERE EXISTS (
            SELECT 1 FROM provider_reference AS known
            WHERE known.channel = waiting.channel AND known.route = waiting.route
                AND known.reference = waiting.reference AND waiting.recipient IN (x'', known.recipient))
        ORDER BY received_at LIMIT ?1)
    RETURNING *";

pub(super) async fn add_references(
    conn: &mut SqliteConnection,
    rows: &[ReferenceRow],
) -> Result<(), StoreError> {
    let bind = |values: &mut Values<'_>, row: &ReferenceRow| {
        values
            .push_bind(row.channel.as_str())
            .push_bind(row.route.as_str())
            .push_bind(row.reference.as_str())
            .push_bind(row.attempt.0)
            .push_bind(row.recipient.as_slice())
            .push_bind(row.notice.0)
            .push_bind(row.citizen.0.as_slice())
            .push_bind(row.state.map(Code::code));
    };
    ADD.run(conn, rows, bind).await
}

pub(super) async fn references(
    conn: &mut SqliteConnection,
    channel: &ChannelId,
    route: &RouteId,
    references: &[String],
) -> Result<Vec<ReferenceRow>, StoreError> {
    let bind = |values: &mut Values<'_>, reference: &String| {
        values.push_bind(channel.as_str()).push_bind(route.as_str()).push_bind(reference.as_str());
    };
    FIND.find(conn, references, bind, REFERENCE, reference).await
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

pub(super) async fn save_references(
    conn: &mut SqliteConnection,
    rows: &[ReferenceRow],
) -> Result<(), StoreError> {
    let bind = |values: &mut Values<'_>, row: &ReferenceRow| {
        values
            .push_bind(row.channel.as_str())
            .push_bind(row.route.as_str())
            .push_bind(row.reference.as_str())
            .push_bind(row.attempt.0)
            .push_bind(row.state.map(Code::code));
    };
    SAVE.run(conn, rows, bind).await
}

pub(super) async fn add_orphans(conn: &mut SqliteConnection, rows: &[OrphanRow]) -> Result<(), StoreError> {
    let bind = |values: &mut Values<'_>, row: &OrphanRow| {
        values
            .push_bind(row.channel.as_str())
            .push_bind(row.route.as_str())
            .push_bind(row.reference.as_str())
            .push_bind(row.recipient.as_ref().map_or([].as_slice(), <[u8; 32]>::as_slice))
            .push_bind(row.state.code())
            .push_bind(millis(row.received_at));
    };
    ADD_ORPHANS.run(conn, rows, bind).await
}

pub(super) async fn take_matched_orphans(
    conn: &mut SqliteConnection,
    limit: u32,
) -> Result<Vec<OrphanRow>, StoreError> {
    let mut taken = all(conn, query(TAKE_MATCHED).bind(limit), ORPHAN, orphan).await?;
    // A DELETE gives its rows in no order.
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
