//! Events for the registry's owner, and one-time codes. As in the timeline an event's id alone is a reader's
//! position.

use async_trait::async_trait;
use rusqlite::Connection;
use vestnik_contract::ChannelId;

use super::rows::{Cells, all, find, write};
use super::tx::SqliteTx;
use crate::domain::CitizenKey;
use crate::ledger::codes::{Code as _, Table, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{Position, RegistryEventRow, RegistryTx, VerificationKey, VerificationRow};

const EVENT: Table = Table("registry_event");
const VERIFICATION: Table = Table("verification");

const ADD_EVENT: &str =
    "INSERT INTO registry_event (citizen, kind, channel, at, evidence) VALUES (?1, ?2, ?3, ?4, ?5)";

pub(super) const EVENTS_AFTER: &str = "SELECT * FROM registry_event WHERE id > ?1 ORDER BY id LIMIT ?2";

pub(super) const EVENTS: &str = "SELECT * FROM registry_event WHERE citizen = ?1 ORDER BY id";

const PUT_CODE: &str = "
    INSERT INTO verification (citizen, address, code, issued, expires_at, wrong)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (citizen, address) DO UPDATE SET
        code = excluded.code, issued = excluded.issued, expires_at = excluded.expires_at,
        wrong = excluded.wrong";

pub(super) const CODE: &str = "SELECT * FROM verification WHERE citizen = ?1 AND address = ?2";

pub(super) const REMOVE_CODE: &str = "DELETE FROM verification WHERE citizen = ?1 AND address = ?2";

#[async_trait]
impl RegistryTx for SqliteTx {
    async fn add_registry_events(&mut self, rows: &[RegistryEventRow]) -> Result<(), StoreError> {
        self.session().run_for(rows, add_events).await
    }

    async fn registry_events_after(
        &mut self,
        after: Position,
        limit: u32,
    ) -> Result<Vec<(Position, RegistryEventRow)>, StoreError> {
        self.session().run(move |conn| all(conn, EVENTS_AFTER, (after.id, limit), EVENT, placed)).await
    }

    async fn registry_events(&mut self, citizen: CitizenKey) -> Result<Vec<RegistryEventRow>, StoreError> {
        self.session().run(move |conn| all(conn, EVENTS, (citizen.0,), EVENT, event)).await
    }

    async fn put_verifications(&mut self, rows: &[VerificationRow]) -> Result<(), StoreError> {
        self.session().run_for(rows, put_codes).await
    }

    async fn verifications(&mut self, keys: &[VerificationKey]) -> Result<Vec<VerificationRow>, StoreError> {
        self.session().run_for(keys, codes).await
    }

    async fn remove_verifications(&mut self, keys: &[VerificationKey]) -> Result<(), StoreError> {
        self.session().run_for(keys, remove_codes).await
    }
}

fn add_events(conn: &Connection, rows: &[RegistryEventRow]) -> Result<(), StoreError> {
    write(conn, ADD_EVENT, rows, |row| {
        let channel = row.channel.as_ref().map(ChannelId::as_str);
        (row.citizen.0, row.kind.code(), channel, millis(row.at), &row.evidence)
    })
}

fn placed(cells: &Cells<'_>) -> Result<(Position, RegistryEventRow), StoreError> {
    Ok((Position { transaction: 0, id: cells.get("id")? }, event(cells)?))
}

fn event(cells: &Cells<'_>) -> Result<RegistryEventRow, StoreError> {
    Ok(RegistryEventRow {
        citizen: CitizenKey(cells.hash("citizen")?),
        kind: cells.code("kind")?,
        channel: cells.id_or_none("channel")?,
        at: cells.moment("at")?,
        evidence: cells.get("evidence")?,
    })
}

fn put_codes(conn: &Connection, rows: &[VerificationRow]) -> Result<(), StoreError> {
    write(conn, PUT_CODE, rows, |row| {
        (row.citizen.0, row.address, row.code, &row.issued, millis(row.expires_at), row.wrong)
    })
}

fn codes(conn: &Connection, keys: &[VerificationKey]) -> Result<Vec<VerificationRow>, StoreError> {
    find(conn, CODE, keys, |(citizen, address)| (citizen.0, *address), VERIFICATION, code)
}

fn code(cells: &Cells<'_>) -> Result<VerificationRow, StoreError> {
    Ok(VerificationRow {
        citizen: CitizenKey(cells.hash("citizen")?),
        address: cells.get("address")?,
        code: cells.hash("code")?,
        issued: cells.get("issued")?,
        expires_at: cells.moment("expires_at")?,
        wrong: cells.number("wrong")?,
    })
}

fn remove_codes(conn: &Connection, keys: &[VerificationKey]) -> Result<(), StoreError> {
    write(conn, REMOVE_CODE, keys, |(citizen, address)| (citizen.0, *address))
}
